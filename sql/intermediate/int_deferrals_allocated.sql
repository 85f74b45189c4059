-- What was billed before it was earned, matched with the months that earned it: first billed, first recognized.
--
-- Purchases of prepaid commits are matched with drawdown and expiration of the commit and of those that took its rest;
-- subscriptions and scheduled fees with their own months. What was earned and not billed has no booking month; what is not
-- earned yet has no recognition month. Commits whose purchases nobody tells are left out.
--
-- grain    booking_id, recognition_id
-- columns
--   booking_id         text?                        what was billed; null where nothing was
--   recognition_id     text?                        the component and month that earned it; null where nothing did
--   customer_id        text?                        the customer: of commits the one that may use it
--   contract_id        text?                        the contract: of commits the one it was made on
--   commit_id          text?                        the commit first paid for, through rollovers; null of fees
--   booking_month      date?                        first day of the month it was billed in
--   recognition_month  date?                        first day of the month it was earned in
--   currency           text?                        currency of the amount
--   allocated_amount   decimal(38, 18) [currency]   of the billed amount, what that month earned, or is left
with
bookings as (
    select * from int_deferrals_booked
),

recognitions as (
    select * from int_deferrals_recognized
),

matched as (
    select * from int_deferrals_matched
),

revenue as (
    select * from int_revenue_recognized where not is_draft
),

balances as (
    select * from int_balances_valued
),

kept as (
    select booking_id, money_sum(allocated_amount) as allocated_amount from matched group by booking_id
),

earned as (
    select recognition_id, money_sum(allocated_amount) as allocated_amount from matched group by recognition_id
),

prepaid as (
    select * from matched
    union all
    select
        bookings.booking_id,
        cast(null as varchar) as recognition_id,
        bookings.pool,
        bookings.booked_month as booking_month,
        cast(null as date) as recognition_month,
        bookings.currency,
        bookings.total_amount - coalesce(kept.allocated_amount, 0) as allocated_amount
    from bookings
    left join kept on bookings.booking_id = kept.booking_id
    where bookings.total_amount <> coalesce(kept.allocated_amount, 0)
    union all
    select
        cast(null as varchar) as booking_id,
        recognitions.recognition_id,
        recognitions.pool,
        cast(null as date) as booking_month,
        recognitions.month as recognition_month,
        recognitions.currency,
        recognitions.recognized_amount - coalesce(earned.allocated_amount, 0) as allocated_amount
    from recognitions
    left join earned on recognitions.recognition_id = earned.recognition_id
    where recognitions.recognized_amount <> coalesce(earned.allocated_amount, 0)
),

final as (
    select
        prepaid.booking_id,
        prepaid.recognition_id,
        balances.customer_id,
        balances.contract_id,
        prepaid.pool as commit_id,
        prepaid.booking_month,
        prepaid.recognition_month,
        prepaid.currency,
        prepaid.allocated_amount
    from prepaid
    left join balances on prepaid.pool = balances.balance_id
    union all
    select
        component_id as booking_id,
        component_id || '/' || cast(month as varchar) as recognition_id,
        customer_id,
        contract_id,
        cast(null as varchar) as commit_id,
        booked_month as booking_month,
        month as recognition_month,
        currency,
        recognized_amount as allocated_amount
    from revenue
    where component = 'fee' and recognized_amount <> 0
)

select * from final
