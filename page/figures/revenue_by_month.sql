-- Revenue by month and category.
--
-- grain    month, currency, category
-- columns
--   month              date                         first day of the month, UTC
--   currency           text                         currency of the amounts
--   category           text                         why it is revenue
--   recognized_amount  decimal(38, 18)? [currency]  revenue; null where that of a row is not known
--   row_count          integer                      rows of revenue_schedule in it
select
    month,
    currency,
    category,
    case when count(*) = count(recognized_amount) then money_sum(recognized_amount) end as recognized_amount,
    count(*) as row_count
from revenue_schedule
where currency is not null
group by month, currency, category
order by month, currency, category
