-- The currencies and custom units that customers have amounts in, the one of most customers first.
--
-- grain    currency
-- columns
--   currency        text      currency or custom unit
--   digits          integer?  decimal places of the currency; null of a custom unit, which is not money
--   customer_count  integer   customers with amounts in it
select
    currency,
    max(currency_digits(currency)) as digits,
    count(*) as customer_count
from customer_summary
where currency is not null
group by currency
order by max(currency_digits(currency)) is null, count(*) desc, currency
