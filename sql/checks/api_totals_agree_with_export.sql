-- Invoices that are final in both channels with different amounts or currencies: nothing may change a final amount.
--
-- severity block
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
        api_invoices.total_amount as api_amount,
        export_invoices.total_amount as export_amount,
        api_invoices.total_amount - export_invoices.total_amount as difference_amount,
        api_invoices.currency
    from api_invoices
    inner join export_invoices on api_invoices.invoice_id = export_invoices.invoice_id
    where (api_invoices.total_amount is distinct from export_invoices.total_amount)
        or (api_invoices.currency is distinct from export_invoices.currency)
        or (api_invoices.customer_id is distinct from export_invoices.customer_id)
)

select * from final order by invoice_id
