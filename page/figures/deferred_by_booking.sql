-- What was billed in advance, by the month it was billed in and the month that earned it, all contracts together.
--
-- grain    booking_month, recognition_month, currency
-- columns
--   booking_month      date?                       first day of the month of billing; null where not billed
--   recognition_month  date?                       first day of the month that earned it; null where none has
--   currency           text                        currency of the amounts
--   recognized_amount  decimal(38, 18) [currency]  earned in the recognition month
--   remaining_amount   decimal(38, 18) [currency]  billed and not earned by the end of that month
-- apart    remaining_amount
select
    booking_month,
    recognition_month,
    currency,
    money_sum(recognized_amount) as recognized_amount,
    money_sum(remaining_amount) as remaining_amount
from deferred_revenue_waterfall
where currency is not null
group by booking_month, recognition_month, currency
order by currency, booking_month nulls first, recognition_month nulls last
