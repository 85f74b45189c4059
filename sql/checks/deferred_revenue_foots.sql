-- Months of billing of which what the waterfall says is not what was billed, recognized months that it misses, and months over
-- which what it says remains, less what it says is unbilled, does not move by what was billed and recognized in them.
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

elsewhere as (
    select * from int_deferrals_booked where is_billed_elsewhere
),

revenue as (
    select * from int_revenue_recognized where not is_draft
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

pools as (
    select distinct balances.root_balance_id
    from int_balances_valued as balances
    inner join lines on balances.balance_id = lines.balance_id and lines.line_role = 'purchase' and lines.total_amount <> 0
    union
    select distinct pool as root_balance_id from elsewhere
),

booked as (
    select booked_month as month, invoice_currency as currency, total_amount as amount
    from lines
    where line_role = 'purchase'
        or (
            billed_role in ('subscription', 'scheduled')
            and is_money
            and not (line_role = 'application' and balance_type = 'postpaid')
        )
    union all
    select booked_month as month, currency, total_amount as amount from elsewhere
),

recognized as (
    select month, currency, recognized_amount as amount
    from revenue
    where component = 'fee'
        or (
            category in ('prepaid_drawdown', 'expiration')
            and root_balance_id in (select root_balance_id from pools)
        )
),

left_over as (
    select recognition_month as month, currency, money_sum(remaining_amount - unbilled_amount) as amount
    from waterfall
    where recognition_month is not null
    group by recognition_month, currency
),

amounts as (
    select 'booked' as figure, month, currency, amount as expected, cast(null as decimal(38, 18)) as found from booked
    union all
    select
        'booked' as figure, booking_month as month, currency, cast(null as decimal(38, 18)) as expected,
        booked_amount as found
    from (
        select distinct customer_id, contract_id, commit_id, booking_month, currency, booked_amount
        from waterfall
        where booking_month is not null
    )
    union all
    select 'recognized' as figure, month, currency, amount as expected, cast(null as decimal(38, 18)) as found
    from recognized
    union all
    select
        'recognized' as figure, recognition_month as month, currency, cast(null as decimal(38, 18)) as expected,
        recognized_amount as found
    from waterfall
    where recognition_month is not null
    union all
    select 'left' as figure, month, currency, amount as expected, cast(null as decimal(38, 18)) as found from booked
    union all
    select 'left' as figure, month, currency, -amount as expected, cast(null as decimal(38, 18)) as found from recognized
    union all
    select 'left' as figure, month, currency, cast(null as decimal(38, 18)) as expected, amount as found from left_over
    union all
    select
        'left' as figure, add_months(month, 1) as month, currency, cast(null as decimal(38, 18)) as expected,
        -amount as found
    from left_over
),

final as (
    select
        amounts.figure,
        amounts.month,
        amounts.currency,
        coalesce(money_sum(amounts.expected), 0) as expected_amount,
        coalesce(money_sum(amounts.found), 0) as found_amount
    from amounts
    cross join data
    -- Of months to come only what is certain is told.
    where amounts.figure <> 'left' or amounts.month <= data.newest_month
    group by amounts.figure, amounts.month, amounts.currency
    having coalesce(money_sum(amounts.expected), 0) <> coalesce(money_sum(amounts.found), 0)
)

select * from final order by figure, month, currency
