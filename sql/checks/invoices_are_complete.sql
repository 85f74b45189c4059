-- Invoices without a status, which are in no figure, or without an amount, which leave sums that they belong to empty.
--
-- severity warn
with
invoices as (
    select * from stg_egress__invoices
),

final as (
    select
        invoice_id,
        invoice_status,
        total_amount,
        currency
    from invoices
    where invoice_status is null or total_amount is null
)

select * from final order by invoice_id
