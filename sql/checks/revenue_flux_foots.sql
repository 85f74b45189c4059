-- Rows of the revenue flux whose current amount, or the amount it is compared with, is not the revenue of that month in the revenue
-- schedule, so that a month's prior amount is what the month before had; rows that are lacking; rows whose parts are not the difference.
--
-- severity block
with
flux as (
    select * from revenue_flux
),

schedule as (
    select customer_id, product_id, month, currency, money_total(recognized_amount) as recognized_amount
    from revenue_schedule
    group by customer_id, product_id, month, currency
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

begun as (
    select min(month) as first_month from schedule where recognized_amount is distinct from 0
),

sides as (
    select column1 as comparison, column2 as months_between, column3 as is_current
    from (
        values ('previous_month', 1, true), ('previous_month', 1, false), ('previous_year', 12, true), ('previous_year', 12, false)
    )
),

scheduled as (
    select
        sides.comparison,
        schedule.customer_id,
        schedule.product_id,
        case when sides.is_current then schedule.month else add_months(schedule.month, sides.months_between) end as month,
        case when sides.is_current then add_months(schedule.month, -sides.months_between) else schedule.month end as prior_month,
        schedule.currency,
        case when sides.is_current then schedule.recognized_amount else 0 end as current_amount,
        case when sides.is_current then 0 else schedule.recognized_amount end as prior_amount
    from schedule
    cross join sides
),

amounts as (
    select
        scheduled.comparison, scheduled.customer_id, scheduled.product_id, scheduled.month, scheduled.currency,
        true as is_expected, scheduled.current_amount, scheduled.prior_amount, cast(0 as decimal(38, 18)) as parts_amount
    from scheduled
    cross join data
    cross join begun
    where scheduled.month <= data.newest_month and begun.first_month <= scheduled.prior_month
    union all
    select
        comparison, customer_id, product_id, month, currency, false as is_expected, current_amount, prior_amount,
        price_amount + quantity_amount + new_amount + gone_amount + other_amount as parts_amount
    from flux
),

summed as (
    select
        comparison,
        customer_id,
        product_id,
        month,
        currency,
        money_total(current_amount) filter (where is_expected) as expected_current_amount,
        money_total(current_amount) filter (where not is_expected) as current_amount,
        money_total(prior_amount) filter (where is_expected) as expected_prior_amount,
        money_total(prior_amount) filter (where not is_expected) as prior_amount,
        money_total(parts_amount) filter (where not is_expected) as parts_amount
    from amounts
    group by comparison, customer_id, product_id, month, currency
),

final as (
    select *
    from summed
    where (current_amount is distinct from expected_current_amount)
        or (prior_amount is distinct from expected_prior_amount)
        or (parts_amount is distinct from current_amount - prior_amount)
)

select * from final order by comparison, month, customer_id, product_id, currency
