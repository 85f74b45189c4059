-- What was billed in advance, by the month it was billed in and the months that earned it.
--
-- Purchases of prepaid commits, subscriptions and scheduled fees of final invoices, first billed, first recognized. A row
-- without a recognition month is what no month has earned yet; one without a booking month what was earned and not billed. A
-- row belongs to the recognition month: closing it fixes what was earned in it of every booking, and what was left then.
--
-- grain    booking_month, recognition_month, currency
-- period   recognition_month
-- apart    booked_amount
-- columns
--   booking_month              date?                       first day of the month of billing, UTC; null where not billed
--   recognition_month          date?                       first day of the month that earned it; null where none has
--   currency                   text?                       currency of the amounts
--   booked_amount              decimal(38, 18) [currency]  billed in the booking month, the same on each of its rows
--   recognized_amount          decimal(38, 18) [currency]  of it, earned in the recognition month
--   recognized_to_date_amount  decimal(38, 18) [currency]  of it, earned in that month and before
--   remaining_amount           decimal(38, 18) [currency]  of it, not earned by the end of that month
-- checks
--   booked_amount = recognized_to_date_amount + remaining_amount
with
deferrals as (
    select * from int_deferrals_allocated
),

booked as (
    select
        booking_month,
        currency,
        coalesce(money_sum(case when booking_id is not null then allocated_amount end), 0) as booked_amount
    from deferrals
    group by booking_month, currency
),

earned as (
    select
        booking_month,
        recognition_month,
        currency,
        coalesce(money_sum(case when recognition_id is not null then allocated_amount end), 0) as recognized_amount
    from deferrals
    group by booking_month, recognition_month, currency
),

run as (
    select
        *,
        money_sum(recognized_amount) over (
            partition by booking_month, currency
            order by recognition_month nulls last
            rows between unbounded preceding and current row
        ) as recognized_to_date_amount
    from earned
),

final as (
    select
        run.booking_month,
        run.recognition_month,
        run.currency,
        booked.booked_amount,
        run.recognized_amount,
        run.recognized_to_date_amount,
        booked.booked_amount - run.recognized_to_date_amount as remaining_amount
    from run
    inner join booked
        on (run.booking_month is not distinct from booked.booking_month)
        and (run.currency is not distinct from booked.currency)
)

select * from final order by booking_month, recognition_month, currency
