-- Invoices whose amount has no currency: it cannot be added to anything.
--
-- severity block
with
invoices as (
    select * from stg_egress__invoices
),

final as (
    select
        invoice_id,
        credit_type_id,
        total_amount
    from invoices
    where currency is null and total_amount <> 0
)

select * from final order by invoice_id
