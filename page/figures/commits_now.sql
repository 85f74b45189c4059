-- Where each commit and credit stands on its newest day, beside an even pace.
--
-- grain    commit_id
-- columns
--   customer_id                text?                        the customer
--   customer_name              text?                        its name
--   contract_id                text?                        the contract it was made on; null where on the customer
--   commit_id                  text                         the commit or credit
--   balance_type               text?                        prepaid, postpaid or credit
--   currency                   text?                        currency or custom unit of the amounts
--   day                        date                         its newest day: of the data, or the last of its term
--   is_running                 boolean                      whether that is the newest day of all, so its term has not ended
--   pace                       text?                        slower, faster or even, as what is left is more, less or as much as at an even pace; null where it never ends
--   drawn_amount               decimal(38, 18) [currency]   drawn since the term's begin
--   remaining_amount           decimal(38, 18) [currency]   left
--   expected_remaining_amount  decimal(38, 18)? [currency]  left at an even pace
--   run_out_date               date?                        when it is used up at the pace so far, or was
--   days_left                  integer?                     days of the term behind that day
-- apart    drawn_amount, remaining_amount, expected_remaining_amount
with
newest as (
    select commit_id, max(day) as day from commit_burndown group by commit_id
),

newest_of_all as (
    select max(day) as day from commit_burndown
)

select
    burndown.customer_id,
    burndown.customer_name,
    burndown.contract_id,
    burndown.commit_id,
    burndown.balance_type,
    burndown.currency,
    burndown.day,
    burndown.day = newest_of_all.day as is_running,
    case
        when burndown.remaining_amount > burndown.expected_remaining_amount then 'slower'
        when burndown.remaining_amount < burndown.expected_remaining_amount then 'faster'
        when burndown.remaining_amount = burndown.expected_remaining_amount then 'even'
    end as pace,
    burndown.drawn_amount,
    burndown.remaining_amount,
    burndown.expected_remaining_amount,
    burndown.run_out_date,
    burndown.days_left
from commit_burndown as burndown
inner join newest on burndown.commit_id = newest.commit_id and burndown.day = newest.day
cross join newest_of_all
order by is_running desc, burndown.currency, burndown.remaining_amount desc, burndown.commit_id
