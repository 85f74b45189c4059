-- What each customer owes, by how long it has been due.
--
-- grain    customer_id, currency
-- columns
--   customer_id         text?                        the customer
--   customer_name       text?                        its name
--   currency            text                         currency of the amounts
--   invoice_count       integer                      outstanding invoices
--   outstanding_amount  decimal(38, 18)? [currency]  finalized and not known to be paid or dropped; null where one is not known
--   not_due_amount      decimal(38, 18) [currency]   of it: not due yet
--   days_30_amount      decimal(38, 18) [currency]   of it: 1 to 30 days past due
--   days_60_amount      decimal(38, 18) [currency]   of it: 31 to 60 days past due
--   days_90_amount      decimal(38, 18) [currency]   of it: 61 to 90 days past due
--   over_90_amount      decimal(38, 18) [currency]   of it: more than 90 days past due
--   undated_amount      decimal(38, 18) [currency]   of it: of no known age
--   oldest_due_date     date?                        when the oldest of them was due
with
outstanding as (
    select *
    from invoice_status
    where
        currency is not null
        and ageing_bucket in ('not due', '1-30', '31-60', '61-90', 'over 90', 'undated')
)
select
    customer_id,
    max(customer_name) as customer_name,
    currency,
    count(*) as invoice_count,
    case when count(*) = count(outstanding_amount) then money_sum(outstanding_amount) end as outstanding_amount,
    coalesce(money_sum(case when ageing_bucket = 'not due' then outstanding_amount end), 0) as not_due_amount,
    coalesce(money_sum(case when ageing_bucket = '1-30' then outstanding_amount end), 0) as days_30_amount,
    coalesce(money_sum(case when ageing_bucket = '31-60' then outstanding_amount end), 0) as days_60_amount,
    coalesce(money_sum(case when ageing_bucket = '61-90' then outstanding_amount end), 0) as days_90_amount,
    coalesce(money_sum(case when ageing_bucket = 'over 90' then outstanding_amount end), 0) as over_90_amount,
    coalesce(money_sum(case when ageing_bucket = 'undated' then outstanding_amount end), 0) as undated_amount,
    min(due_date) as oldest_due_date
from outstanding
group by customer_id, currency
order by currency, outstanding_amount desc nulls first, customer_id
