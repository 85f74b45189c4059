-- Days of draft invoices of the newest complete snapshot, one row each.
--
-- grain    breakdown_id
-- columns
--   breakdown_id  text        the day of the invoice, as its lines name it
--   invoice_id    text?       the invoice
--   starting_at   timestamp?  begin of the day, UTC
--   window_size   text?       how long a window is: DAILY; null where it is not told
with
breakdowns as (
    select * from current.breakdowns_draft_invoices
),

final as (
    select
        id as breakdown_id,
        invoice_id,
        breakdown_start_timestamp as starting_at,
        upper(window_size) as window_size
    from breakdowns
)

select * from final
