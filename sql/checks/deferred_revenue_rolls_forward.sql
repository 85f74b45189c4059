-- Months of which what the roll-forward of deferred revenue closes with is not what the account in the journal holds; and months of which
-- that account as it is computed now, but for drafts and what became a contract asset, is not what the waterfall has left at their end.
--
-- The waterfall knows of commits whose purchase is told, and of months with data; of others nothing is compared with it.
--
-- severity block
with
rollforward as (
    select * from deferred_revenue_rollforward
),

-- A fee that is earned before it is billed is a receivable from the beginning.
waterfall as (
    select
        recognition_month as month,
        currency,
        remaining_amount - case when commit_id is null then 0 else unbilled_amount end as amount
    from deferred_revenue_waterfall
    where recognition_month is not null
),

entries as (
    select month, currency, coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as amount
    from journal_entries
    where account_type = 'liability'
),

computed as (
    select
        month, event, balance_id, currency, coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as amount
    from int_journal_lines
    where account_type = 'liability'
),

balances as (
    select * from int_balances_owned
),

pools as (
    select distinct pool from int_deferrals_booked
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

-- What moved in each month, which adds up to what is held.
amounts as (
    select 'the account in the journal' as figure, month, currency, amount as expected, cast(null as decimal(38, 18)) as found
    from entries
    union all
    select
        'the account in the journal' as figure, month, currency, cast(null as decimal(38, 18)) as expected,
        closing_amount - opening_amount as found
    from rollforward
    union all
    select
        'what the waterfall has left' as figure, computed.month, computed.currency,
        cast(null as decimal(38, 18)) as expected, computed.amount as found
    from computed
    left join balances on computed.balance_id = balances.balance_id
    left join pools on balances.root_balance_id = pools.pool
    where computed.event not in ('accrual', 'accrual reversed', 'earned before billing')
        and (computed.balance_id is null or pools.pool is not null)
    union all
    select
        'what the waterfall has left' as figure, month, currency, amount as expected,
        cast(null as decimal(38, 18)) as found
    from waterfall
    union all
    select
        'what the waterfall has left' as figure, add_months(month, 1) as month, currency, -amount as expected,
        cast(null as decimal(38, 18)) as found
    from waterfall
),

final as (
    select
        amounts.figure,
        amounts.month,
        amounts.currency,
        coalesce(money_sum(amounts.expected), 0) as expected_amount,
        coalesce(money_sum(amounts.found), 0) as found_amount
    from amounts
    cross join data
    where amounts.figure <> 'what the waterfall has left' or amounts.month <= data.newest_month
    group by amounts.figure, amounts.month, amounts.currency
    having coalesce(money_sum(amounts.expected), 0) <> coalesce(money_sum(amounts.found), 0)
)

select * from final order by figure, month, currency
