-- Invoices whose status is neither FINALIZED nor VOID: they would be in no figure.
--
-- severity block
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
    where invoice_status not in ('FINALIZED', 'VOID')
)

select * from final order by invoice_id
