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
    select column1 as comparison, column2 as months_between, column3 as figure, column4 as months_later
    from (
        values
            ('previous_month', 1, 'current', 0),
            ('previous_month', 1, 'prior', 1),
            ('previous_year', 12, 'current', 0),
            ('previous_year', 12, 'prior', 12)
    )
),

scheduled as (
    select
        sides.figure,
        sides.comparison,
        schedule.customer_id,
        schedule.product_id,
        add_months(schedule.month, sides.months_later) as month,
        add_months(schedule.month, sides.months_later - sides.months_between) as prior_month,
        schedule.currency,
        schedule.recognized_amount
    from schedule
    cross join sides
),

amounts as (
    select
        scheduled.figure, scheduled.comparison, scheduled.customer_id, scheduled.product_id, scheduled.month,
        scheduled.currency, true as is_expected, scheduled.recognized_amount as amount
    from scheduled
    cross join data
    cross join begun
    where scheduled.month <= data.newest_month and begun.first_month <= scheduled.prior_month
    union all
    select
        'current' as figure, comparison, customer_id, product_id, month, currency, false as is_expected,
        current_amount as amount
    from flux
    union all
    select
        'prior' as figure, comparison, customer_id, product_id, month, currency, false as is_expected,
        prior_amount as amount
    from flux
    union all
    select
        'parts' as figure, comparison, customer_id, product_id, month, currency, true as is_expected,
        current_amount - prior_amount as amount
    from flux
    union all
    select
        'parts' as figure, comparison, customer_id, product_id, month, currency, false as is_expected,
        price_amount + quantity_amount + new_amount + gone_amount + other_amount as amount
    from flux
),

final as (
    select
        figure,
        comparison,
        customer_id,
        product_id,
        month,
        currency,
        money_total(amount) filter (where is_expected) as expected_amount,
        money_total(amount) filter (where not is_expected) as found_amount
    from amounts
    group by figure, comparison, customer_id, product_id, month, currency
    having (
        money_total(amount) filter (where is_expected)
        is distinct from money_total(amount) filter (where not is_expected)
    )
)

select * from final order by figure, comparison, month, customer_id, product_id, currency
