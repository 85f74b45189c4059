-- Months of billing of which what the waterfall says is not what was billed, or recognized months that it misses.
--
-- Booked is counted again from the lines of invoices, recognized from the revenue schedule's own components.
--
-- severity block
with
waterfall as (
    select * from deferred_revenue_waterfall
),

lines as (
    select * from int_lines_classified where is_counted and not is_draft
),

revenue as (
    select * from int_revenue_recognized where not is_draft
),

pools as (
    select distinct balances.root_balance_id
    from int_balances_valued as balances
    inner join lines on balances.balance_id = lines.balance_id and lines.line_role = 'purchase' and lines.total_amount <> 0
),

amounts as (
    select
        'booked' as figure, booked_month as month, invoice_currency as currency, total_amount as expected,
        cast(null as decimal(38, 18)) as found
    from lines
    where line_role = 'purchase'
        or (
            billed_role in ('subscription', 'scheduled')
            and is_money
            and not (line_role = 'application' and balance_type = 'postpaid')
        )
    union all
    select
        'booked' as figure, booking_month as month, currency, cast(null as decimal(38, 18)) as expected,
        booked_amount as found
    from (select distinct booking_month, currency, booked_amount from waterfall where booking_month is not null)
    union all
    select 'recognized' as figure, month, currency, recognized_amount as expected, cast(null as decimal(38, 18)) as found
    from revenue
    where component = 'fee'
        or (
            category in ('prepaid_drawdown', 'expiration')
            and root_balance_id in (select root_balance_id from pools)
        )
    union all
    select
        'recognized' as figure, recognition_month as month, currency, cast(null as decimal(38, 18)) as expected,
        recognized_amount as found
    from waterfall
    where recognition_month is not null
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
