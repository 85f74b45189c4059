-- Customers whose commits and credits do not add up to the net balance that the API states itself.
--
-- It warns and does not block: the two are answers to two requests, and a draft that draws between them moves the second.
--
-- params   $as_of instant
-- severity warn
with
net_balances as (
    select customer_id, credit_type_id, balance from api.net_balances
),

balances as (
    select * from int_balances_unified where channel = 'api' and credit_type_id is not null
),

units as (
    select distinct credit_type_id, currency, units_per_amount from balances where currency not like 'units of %'
),

stated as (
    select
        net_balances.customer_id,
        units.currency,
        money_mul(net_balances.balance, units.units_per_amount) as stated_amount
    from net_balances
    inner join units on net_balances.credit_type_id = units.credit_type_id
),

summary as (
    select customer_id, currency, net_balance_amount from customer_summary
),

final as (
    select
        stated.customer_id,
        stated.currency,
        stated.stated_amount,
        summary.net_balance_amount,
        summary.net_balance_amount - stated.stated_amount as difference_amount
    from stated
    left join summary on stated.customer_id = summary.customer_id and stated.currency = summary.currency
    where (stated.stated_amount is distinct from summary.net_balance_amount) and $as_of is null
)

select * from final order by customer_id, currency
