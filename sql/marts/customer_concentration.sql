-- How much of the revenue is whose: each customer's share of twelve months, the largest first.
--
-- Of a month and the eleven before it, so that a disclosure of a year's end is the rows of its last month. Shares are of what was
-- recognized in one currency, add up to 1 exactly, and are null where that comes to nothing.
--
-- grain    month, currency, customer_id
-- period   month
-- apart    trailing_recognized_amount
-- columns
--   month                       date                         first day of the last of the twelve months
--   currency                    text                         currency of the amounts
--   rank                        integer                      1 the customer with the most revenue of the twelve months
--   customer_id                 text?                        the customer
--   customer_name               text?                        its name
--   recognized_amount           decimal(38, 18) [currency]   revenue of the month
--   trailing_recognized_amount  decimal(38, 18) [currency]   revenue of the twelve months
--   trailing_share              decimal(38, 18)? [fraction]  of the revenue of all customers in them
--   cumulative_share            decimal(38, 18)? [fraction]  that of this customer and all with more
-- checks
--   rank > 0
with
schedule as (
    select * from revenue_schedule where recognized_amount <> 0
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

customers as (
    select * from int_customers_unified
),

earned as (
    select month, customer_id, currency, money_sum(recognized_amount) as recognized_amount
    from schedule
    group by month, customer_id, currency
),

-- What a month earned counts for it and the eleven after it.
spread as (
    select
        earned.customer_id,
        earned.currency,
        earned.month as earned_month,
        earned.recognized_amount,
        unnest(months_through(earned.month, least(add_months(earned.month, 11), data.newest_month))) as month
    from earned
    cross join data
    where earned.month <= data.newest_month
),

summed as (
    select
        month,
        currency,
        customer_id,
        coalesce(money_sum(case when earned_month = month then recognized_amount end), 0) as recognized_amount,
        money_sum(recognized_amount) as trailing_recognized_amount
    from spread
    group by month, currency, customer_id
),

totals as (
    select month, currency, money_sum(trailing_recognized_amount) as total_amount
    from summed
    group by month, currency
),

ranked as (
    select
        *,
        cast(
            row_number() over (
                partition by month, currency order by trailing_recognized_amount desc, customer_id
            ) as bigint
        ) as rank,
        money_sum(trailing_recognized_amount) over (
            partition by month, currency
            order by trailing_recognized_amount desc, customer_id
            rows between unbounded preceding and current row
        ) as running_amount
    from summed
),

final as (
    select
        ranked.month,
        ranked.currency,
        ranked.rank,
        ranked.customer_id,
        customers.customer_name,
        ranked.recognized_amount,
        ranked.trailing_recognized_amount,
        -- The difference of two rounded sums, so that all of them add up to 1.
        money_share(1, ranked.running_amount, nullif(totals.total_amount, 0))
        - money_share(
            1, ranked.running_amount - ranked.trailing_recognized_amount, nullif(totals.total_amount, 0)
        ) as trailing_share,
        money_share(1, ranked.running_amount, nullif(totals.total_amount, 0)) as cumulative_share
    from ranked
    inner join totals on ranked.month = totals.month and ranked.currency = totals.currency
    left join customers on ranked.customer_id = customers.customer_id
)

select * from final order by month, currency, rank
