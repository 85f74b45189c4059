-- Months whose shares of customers do not add up to 1, and months whose revenue of customers is not that of the revenue schedule.
--
-- severity block
with
concentration as (
    select * from customer_concentration
),

schedule as (
    select * from revenue_schedule
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

amounts as (
    select
        'revenue' as figure, schedule.month, schedule.currency, schedule.recognized_amount as expected,
        cast(null as decimal(38, 18)) as found
    from schedule
    cross join data
    where schedule.month <= data.newest_month
    union all
    select
        'revenue' as figure, month, currency, cast(null as decimal(38, 18)) as expected, recognized_amount as found
    from concentration
    union all
    select
        'shares' as figure, month, currency, case when rank = 1 then cast(1 as decimal(38, 18)) end as expected,
        trailing_share as found
    from concentration
    where trailing_share is not null
),

final as (
    select
        figure,
        month,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by figure, month, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by figure, month, currency
