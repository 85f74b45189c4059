-- Which purchase paid for which recognized revenue, one row for each two that overlap: the first in is used up first.
--
-- grain    booking_id, recognition_id
-- columns
--   booking_id         text                         the purchase
--   recognition_id     text                         component and month
--   pool               text?                        the commit first paid for, through rollovers
--   booking_month      date?                        first day of the month the purchase was issued in
--   recognition_month  date?                        first day of the month it was recognized in
--   currency           text?                        currency of the amount
--   allocated_amount   decimal(38, 18)? [currency]  of the purchase, recognized there
with
bookings as (
    select * from int_deferrals_booked
),

recognitions as (
    select * from int_deferrals_recognized
),

final as (
    select
        bookings.booking_id,
        recognitions.recognition_id,
        bookings.pool,
        bookings.booked_month as booking_month,
        recognitions.month as recognition_month,
        bookings.currency,
        least(bookings.until_amount, recognitions.until_amount)
        - greatest(
            bookings.until_amount - bookings.total_amount, recognitions.until_amount - recognitions.recognized_amount
        ) as allocated_amount
    from bookings
    inner join recognitions on bookings.pool = recognitions.pool and bookings.currency = recognitions.currency
    where least(bookings.until_amount, recognitions.until_amount)
        > greatest(
            bookings.until_amount - bookings.total_amount, recognitions.until_amount - recognitions.recognized_amount
        )
)

select * from final
