-- Revenue by month.
--
-- grain    month, currency
-- columns
--   month              date                         first day of the month, UTC
--   currency           text                         currency of the amounts
--   recognized_amount  decimal(38, 18)? [currency]  revenue of all categories; null where that of a row is not known
--   customer_count     integer                      customers with revenue
select
    month,
    currency,
    case when count(*) = count(recognized_amount) then money_sum(recognized_amount) end as recognized_amount,
    count(distinct customer_id) as customer_count
from revenue_schedule
where currency is not null
group by month, currency
order by month, currency
