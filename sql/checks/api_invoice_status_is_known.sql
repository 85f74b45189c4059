-- Invoices of the API, and drafts of the export, whose status is none that is known: they would be in no figure.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified
),

final as (
    select
        invoice_id,
        channel,
        invoice_status,
        total_amount,
        currency
    from invoices
    where invoice_status not in ('DRAFT', 'DRAFT_INCOMPLETE', 'FINALIZED', 'VOID')
)

select * from final order by invoice_id
