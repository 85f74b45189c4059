-- Currencies and custom units of one name and different ids: their amounts would be added.
--
-- severity block
with
units as (
    select credit_type_id, currency from int_invoices_unified
    union
    select credit_type_id, currency from int_line_items_unified
    union
    select credit_type_id, currency from int_balances_unified
),

final as (
    select
        currency,
        min(credit_type_id) as first_credit_type_id,
        max(credit_type_id) as last_credit_type_id
    from units
    where currency is not null and credit_type_id is not null
    group by currency
    having min(credit_type_id) <> max(credit_type_id)
)

select * from final order by currency
