-- How deferred revenue moved from month to month, all contracts together.
--
-- grain    month, currency
-- columns
--   month                date                        first day of the month
--   currency             text                        currency of the amounts
--   opening_amount       decimal(38, 18) [currency]  deferred at the month's begin
--   billed_amount        decimal(38, 18) [currency]  billed for what is earned in this month or later
--   recognized_amount    decimal(38, 18) [currency]  of what was deferred, earned
--   expired_amount       decimal(38, 18) [currency]  of what was deferred, lapsed: breakage
--   accrued_amount       decimal(38, 18) [currency]  of what was deferred, earned by drafts
--   reclassified_amount  decimal(38, 18) [currency]  earned before it was billed, so a contract asset
--   corrected_amount     decimal(38, 18) [currency]  what corrects closed months
--   closing_amount       decimal(38, 18) [currency]  deferred at the month's end
-- checks
--   closing_amount = opening_amount + billed_amount - recognized_amount - expired_amount - accrued_amount + reclassified_amount + corrected_amount
select
    month,
    currency,
    money_sum(opening_amount) as opening_amount,
    money_sum(billed_amount) as billed_amount,
    money_sum(recognized_amount) as recognized_amount,
    money_sum(expired_amount) as expired_amount,
    money_sum(accrued_amount) as accrued_amount,
    money_sum(reclassified_amount) as reclassified_amount,
    money_sum(corrected_amount) as corrected_amount,
    money_sum(closing_amount) as closing_amount
from deferred_revenue_rollforward
where currency is not null
group by month, currency
order by month, currency
