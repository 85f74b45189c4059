-- Commits and credits that are in no figure: of a type that is not known, or with an amount and no currency.
--
-- severity block
with
balances as (
    select * from int_balances_unified
),

final as (
    select
        balance_id,
        customer_id,
        balance_type,
        balance_amount,
        currency
    from balances
    where balance_type is null
        or balance_type not in ('prepaid', 'postpaid', 'credit')
        or (currency is null and balance_amount <> 0)
)

select * from final order by balance_id
