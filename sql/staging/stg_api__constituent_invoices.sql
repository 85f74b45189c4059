-- Which invoices a consolidated invoice repeats, one row each.
--
-- grain    consolidated_invoice_id, constituent_number
-- columns
--   consolidated_invoice_id  text     the invoice that repeats it
--   constituent_number       integer  its place there, from 0
--   consolidated_status      text?    DRAFT, FINALIZED or VOID, of the one that repeats it
--   invoice_id               text     the invoice that is repeated
with
constituents as (
    select * from api.constituent_invoices
),

final as (
    select
        consolidated_invoice_id,
        constituent_number,
        upper(invoice_status) as consolidated_status,
        invoice_id
    from constituents
)

select * from final
