-- Components of revenue split into the months they belong to, one row each: by the days of their service period. Of a fee on a
-- draft only the days that have passed are earned.
--
-- grain    component_id, month
-- columns
--   component_id   text                         the component
--   month          date?                        first day of the month; null where a draft has no date
--   component      text                         usage, drawdown, credit, fee, trueup, expiration, rollover or adjustment
--   category       text                         the category of revenue, or rolled or adjusted
--   is_draft       boolean                      whether it is of a draft
--   customer_id    text?                        the customer
--   contract_id    text?                        the contract
--   product_id     text?                        the product
--   balance_id     text?                        the commit or credit concerned
--   invoice_id     text?                        the invoice
--   booked_month   date?                        first day of the month it was billed in
--   currency       text?                        currency of the revenue
--   billed_amount  decimal(38, 18)? [currency]  the part of the revenue as billed
--   drawn          decimal(38, 18)? [quantity]  the part of what was drawn
with
components as (
    select * from int_revenue_components
),

periods as (
    select * from int_service_periods_split
),

placed as (
    select
        components.*,
        coalesce(periods.month, components.point_month) as month,
        coalesce(periods.days_before, 0) as days_before,
        least(
            coalesce(periods.days_through, 1),
            cast(components.earned_before - interval '1 microsecond' as date) - cast(components.starting_at as date) + 1
        ) as days_through,
        coalesce(periods.days, 1) as days
    from components
    left join periods
        on components.starting_at = periods.starting_at and components.ending_before = periods.ending_before
),

final as (
    select
        component_id,
        month,
        component,
        category,
        is_draft,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        booked_month,
        currency,
        money_div(money_mul(billed_amount, days_through), days) - money_div(money_mul(billed_amount, days_before), days)
            as billed_amount,
        money_div(money_mul(drawn, days_through), days) - money_div(money_mul(drawn, days_before), days) as drawn
    from placed
    where days_before < days_through
)

select * from final
