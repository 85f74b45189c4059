-- Recognized revenue by customer, product and month, with the usage in it and the quantity that was billed for that.
--
-- The quantity is that of final usage lines, by the days of their service period as the revenue is. It is not known where a line
-- has no price of one unit, as on plans (legacy), whose quantities stand in sub lines of several metrics; nor where usage is
-- priced in a custom unit, which turns into money on lines of no product.
--
-- grain    customer_id, product_id, month, currency
-- columns
--   customer_id        text?                        the customer
--   product_id         text?                        the product; null where none is told
--   month              date                         first day of the month, UTC
--   currency           text?                        currency of the amounts
--   recognized_amount  decimal(38, 18)? [currency]  revenue as in the revenue schedule; null where a part is not known
--   usage_amount       decimal(38, 18)? [currency]  of it: usage, whoever paid for it
--   billed_quantity    decimal(38, 18)? [quantity]  units of usage; 0 where none was billed, null where a part is not known
with
revenue as (
    select * from int_revenue_recognized where not is_draft and category not in ('rolled', 'adjusted', 'credit_drawdown')
),

lines as (
    select *
    from int_lines_classified
    where line_role = 'usage' and not is_draft and is_counted and product_id is not null
),

periods as (
    select * from int_service_periods_split
),

quantities as (
    select
        lines.customer_id,
        lines.product_id,
        coalesce(periods.month, lines.point_month) as month,
        lines.invoice_currency as currency,
        case when lines.is_money then lines.priced_quantity end as priced_quantity,
        cast(coalesce(periods.days_before, 0) as decimal(38, 18)) as part_before,
        cast(coalesce(periods.days_through, 1) as decimal(38, 18)) as part_through,
        cast(coalesce(periods.days, 1) as decimal(38, 18)) as whole
    from lines
    left join periods on lines.starting_at = periods.starting_at and lines.ending_before = periods.ending_before
),

measures as (
    select
        customer_id,
        product_id,
        month,
        currency,
        true as is_revenue,
        category in ('on_demand', 'overage', 'prepaid_drawdown', 'postpaid_drawdown') as is_usage,
        recognized_amount as measure
    from revenue
    union all
    select
        customer_id,
        product_id,
        month,
        currency,
        false as is_revenue,
        true as is_usage,
        money_share(priced_quantity, part_through, whole) - money_share(priced_quantity, part_before, whole) as measure
    from quantities
),

final as (
    select
        customer_id,
        product_id,
        month,
        currency,
        money_total(measure) filter (where is_revenue) as recognized_amount,
        money_total(measure) filter (where is_revenue and is_usage) as usage_amount,
        money_total(measure) filter (where not is_revenue) as billed_quantity
    from measures
    group by customer_id, product_id, month, currency
)

select * from final
