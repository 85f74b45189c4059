-- Invoices that are final in both channels, void in one of them only: one of the two was read before the other.
--
-- severity warn
with
api_invoices as (
    select * from stg_api__invoices where invoice_status in ('FINALIZED', 'VOID')
),

export_invoices as (
    select * from stg_egress__invoices
),

final as (
    select
        api_invoices.invoice_id,
        api_invoices.customer_id,
        api_invoices.invoice_status as api_status,
        export_invoices.invoice_status as export_status,
        api_invoices.total_amount,
        api_invoices.currency
    from api_invoices
    inner join export_invoices on api_invoices.invoice_id = export_invoices.invoice_id
    where api_invoices.invoice_status is distinct from export_invoices.invoice_status
)

select * from final order by invoice_id
