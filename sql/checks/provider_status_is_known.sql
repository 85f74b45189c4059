-- Finalized invoices whose status at the billing provider is none that is known: see unknown_status_amount.
--
-- severity warn
with
invoices as (
    select * from int_invoices_unified
),

final as (
    select
        invoice_id,
        customer_id,
        billing_provider_status,
        total_amount,
        currency
    from invoices
    where is_counted
        and invoice_status = 'FINALIZED'
        and payment = 'unknown'
)

select * from final order by invoice_id
