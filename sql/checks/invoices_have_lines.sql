-- Invoices with an amount of which no line was delivered.
--
-- severity warn
with
invoices as (
    select * from int_invoices_dated
),

line_items as (
    select * from stg_egress__line_items
),

final as (
    select
        invoices.invoice_id,
        invoices.customer_name,
        invoices.total_amount,
        invoices.currency
    from invoices
    left anti join line_items on invoices.invoice_id = line_items.invoice_id
    where invoices.total_amount <> 0
)

select * from final order by invoice_id
