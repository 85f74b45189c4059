-- Days of draft invoices of the newest complete snapshot, one row each.
--
-- grain    breakdown_id
-- columns
--   breakdown_id  text   the day of the invoice, as its lines name it
--   invoice_id    text?  the invoice
with
breakdowns as (
    select * from current.breakdowns_draft_invoices
),

final as (
    select id as breakdown_id, invoice_id from breakdowns
)

select * from final
