-- What was left of each commit and credit at the end of each month, beside an even pace.
--
-- grain    commit_id, day
-- columns
--   commit_id                  text                         the commit or credit
--   day                        date                         the last day of the month, UTC
--   remaining_amount           decimal(38, 18) [currency]   left at the end of the day
--   expected_remaining_amount  decimal(38, 18)? [currency]  left at an even pace
--   currency                   text?                        currency or custom unit of the amounts
-- apart    remaining_amount, expected_remaining_amount
select
    commit_id,
    day,
    remaining_amount,
    expected_remaining_amount,
    currency
from commit_burndown
where date_part('month', day) <> date_part('month', day + interval '1 day')
order by commit_id, day
