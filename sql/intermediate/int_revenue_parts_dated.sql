-- Components of revenue split into the months they belong to, one row each: by the days of their service period. Of a fee on a
-- draft only the days that have passed are earned; usage on a draft is split by its daily breakdowns, where these were delivered.
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

usage_months as (
    select * from int_draft_usage_split
),

-- Usage on a draft is covered by the commit or credit that is drawn, or that it is billed under, or by nothing.
paid_for as (
    select
        *,
        case
            when not is_draft or earned_before is not null then cast(null as varchar)
            when category in ('overage', 'on_demand') then ''
            when component in ('usage', 'drawdown', 'credit') then balance_id
        end as payer_id
    from components
),

by_usage as (
    select
        paid_for.*,
        usage_months.month,
        usage_months.amount_before as part_before,
        usage_months.amount_through as part_through,
        usage_months.whole_amount as whole
    from paid_for
    inner join usage_months
        on paid_for.invoice_id = usage_months.invoice_id
        and paid_for.product_id = usage_months.product_id
        and paid_for.starting_at = usage_months.starting_at
        and paid_for.ending_before = usage_months.ending_before
        and paid_for.payer_id = coalesce(usage_months.payer_id, '')
    -- What is drawn in a custom unit is worth money.
    where paid_for.balance_id is not null or paid_for.currency = usage_months.currency
),

by_days as (
    select
        paid_for.*,
        coalesce(periods.month, paid_for.point_month) as month,
        cast(coalesce(periods.days_before, 0) as decimal(38, 18)) as part_before,
        cast(
            least(
                coalesce(periods.days_through, 1),
                cast(paid_for.earned_before - interval '1 microsecond' as date) - cast(paid_for.starting_at as date) + 1
            ) as decimal(38, 18)
        ) as part_through,
        cast(coalesce(periods.days, 1) as decimal(38, 18)) as whole
    from paid_for
    left anti join by_usage on paid_for.component_id = by_usage.component_id
    left join periods on paid_for.starting_at = periods.starting_at and paid_for.ending_before = periods.ending_before
),

parts as (
    select * from by_usage
    union all
    select * from by_days where part_before < part_through
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
        money_share(billed_amount, part_through, whole) - money_share(billed_amount, part_before, whole)
            as billed_amount,
        money_share(drawn, part_through, whole) - money_share(drawn, part_before, whole) as drawn
    from parts
)

select * from final
