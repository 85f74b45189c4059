-- How deferred revenue moved from month to month, contract by contract: what was billed in advance, what of it was earned or lapsed, and
-- what is left (ASC 606: the contract liability).
--
-- The balance is that of the account for deferred revenue in `journal_entries`: by the month something is posted in, with what corrects
-- closed months. Every month from the first movement of a contract to the newest one of all has a row.
--
-- grain    customer_id, contract_id, month, currency
-- period   month
-- columns
--   customer_id          text?                       the customer who bought
--   customer_name        text?                       its name
--   contract_id          text?                       the contract; null for commits of the customer
--   month                date                        first day of the month
--   currency             text?                       currency of the amounts
--   opening_amount       decimal(38, 18) [currency]  deferred at the month's begin
--   billed_amount        decimal(38, 18) [currency]  billed for what is earned in this month or later
--   recognized_amount    decimal(38, 18) [currency]  of what was deferred, earned
--   expired_amount       decimal(38, 18) [currency]  of what was deferred, lapsed: breakage
--   accrued_amount       decimal(38, 18) [currency]  of what was deferred, earned by drafts; less than 0 where that is taken back
--   reclassified_amount  decimal(38, 18) [currency]  earned before it was billed, so a contract asset and no negative liability; less than 0 as it is billed
--   corrected_amount     decimal(38, 18) [currency]  what corrects closed months
--   closing_amount       decimal(38, 18) [currency]  deferred at the month's end
-- checks
--   closing_amount = opening_amount + billed_amount - recognized_amount - expired_amount - accrued_amount + reclassified_amount + corrected_amount
with
lines as (
    select * from journal_entries where account_type = 'liability'
),

customers as (
    select * from int_customers_unified
),

owners as (
    select * from int_balances_owned
),

classed as (
    select
        coalesce(owners.customer_id, lines.customer_id) as customer_id,
        case when owners.balance_id is null then lines.contract_id else owners.contract_id end as contract_id,
        lines.month,
        lines.currency,
        coalesce(lines.credit_amount, 0) - coalesce(lines.debit_amount, 0) as amount,
        case
            when corrects_month is not null then 'corrected'
            when event in ('purchase', 'billed in advance') then 'billed'
            when event = 'expiration' then 'expired'
            when event in ('accrual', 'accrual reversed') then 'accrued'
            when event = 'earned before billing' then 'reclassified'
            else 'recognized'
        end as movement
    from lines
    left join owners on lines.balance_id = owners.balance_id
),

moved as (
    select
        customer_id,
        contract_id,
        month,
        currency,
        coalesce(money_sum(case when movement = 'billed' then amount end), 0) as billed_amount,
        -coalesce(money_sum(case when movement = 'recognized' then amount end), 0) as recognized_amount,
        -coalesce(money_sum(case when movement = 'expired' then amount end), 0) as expired_amount,
        -coalesce(money_sum(case when movement = 'accrued' then amount end), 0) as accrued_amount,
        coalesce(money_sum(case when movement = 'reclassified' then amount end), 0) as reclassified_amount,
        coalesce(money_sum(case when movement = 'corrected' then amount end), 0) as corrected_amount,
        money_sum(amount) as moved_amount
    from classed
    group by customer_id, contract_id, month, currency
),

newest as (
    select max(month) as newest_month from moved
),

held as (
    select customer_id, contract_id, currency, min(month) as first_month
    from moved
    group by customer_id, contract_id, currency
),

monthly as (
    select
        held.customer_id, held.contract_id, held.currency,
        unnest(months_through(held.first_month, newest.newest_month)) as month
    from held
    cross join newest
),

-- A sum and no join: a customer's own commits have no contract.
filled as (
    select
        customer_id, contract_id, month, currency, cast(0 as decimal(38, 18)) as billed_amount,
        cast(0 as decimal(38, 18)) as recognized_amount, cast(0 as decimal(38, 18)) as expired_amount,
        cast(0 as decimal(38, 18)) as accrued_amount, cast(0 as decimal(38, 18)) as reclassified_amount,
        cast(0 as decimal(38, 18)) as corrected_amount, cast(0 as decimal(38, 18)) as moved_amount
    from monthly
    union all
    select
        customer_id, contract_id, month, currency, billed_amount, recognized_amount, expired_amount, accrued_amount,
        reclassified_amount, corrected_amount, moved_amount
    from moved
),

added as (
    select
        customer_id,
        contract_id,
        month,
        currency,
        money_sum(billed_amount) as billed_amount,
        money_sum(recognized_amount) as recognized_amount,
        money_sum(expired_amount) as expired_amount,
        money_sum(accrued_amount) as accrued_amount,
        money_sum(reclassified_amount) as reclassified_amount,
        money_sum(corrected_amount) as corrected_amount,
        money_sum(moved_amount) as moved_amount
    from filled
    group by customer_id, contract_id, month, currency
),

running as (
    select
        *,
        money_sum(moved_amount) over (
            partition by customer_id, contract_id, currency
            order by month
            rows between unbounded preceding and current row
        ) as closing_amount
    from added
),

final as (
    select
        running.customer_id,
        customers.customer_name,
        running.contract_id,
        running.month,
        running.currency,
        running.closing_amount - running.moved_amount as opening_amount,
        running.billed_amount,
        running.recognized_amount,
        running.expired_amount,
        running.accrued_amount,
        running.reclassified_amount,
        running.corrected_amount,
        running.closing_amount
    from running
    left join customers on running.customer_id = customers.customer_id
)

select * from final order by customer_id, contract_id, month, currency
