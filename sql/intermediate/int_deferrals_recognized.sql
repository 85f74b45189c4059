-- What of invoiced commits was recognized, in the order of months, one row a component and month: how far each reaches.
--
-- grain    recognition_id
-- columns
--   recognition_id     text                         component and month
--   pool               text?                        the commit first paid for, through rollovers
--   month              date?                        first day of the month it was recognized in
--   currency           text?                        currency of the amounts
--   recognized_amount  decimal(38, 18)? [currency]  in the month
--   until_amount       decimal(38, 18)? [currency]  of the pool up to this row, this one included
with
revenue as (
    select * from int_revenue_recognized where not is_draft
),

pools as (
    select distinct pool, currency from int_deferrals_booked
),

final as (
    select
        revenue.component_id || '/' || cast(revenue.month as varchar) as recognition_id,
        revenue.root_balance_id as pool,
        revenue.month,
        revenue.currency,
        revenue.recognized_amount,
        money_sum(revenue.recognized_amount) over (
            partition by revenue.root_balance_id, revenue.currency
            order by revenue.month, revenue.component_id
            rows between unbounded preceding and current row
        ) as until_amount
    from pools
    inner join revenue on pools.pool = revenue.root_balance_id and pools.currency = revenue.currency
    where revenue.category in ('prepaid_drawdown', 'expiration') and revenue.recognized_amount <> 0
)

select * from final
