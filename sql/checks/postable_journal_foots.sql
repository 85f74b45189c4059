-- Entries of the postable journal whose debits are not their credits; lines that are not whole minor units; and accounts, by customer,
-- contract and product, of which what was posted by the end of a month is further than half a minor unit from what is exact, or
-- whose exact amounts are not those of the journal.
--
-- severity block
with
postable as (
    select
        *,
        coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as posted_amount,
        currency_digits(currency) as digits
    from postable_journal
),

journal as (
    select * from journal_entries
),

entries as (
    select entry_id as key, month, currency, money_sum(posted_amount) as amount
    from postable
    group by entry_id, month, currency
    having money_sum(posted_amount) <> 0
),

lines as (
    select entry_id as key, month, currency, posted_amount as amount
    from postable
    where money_round(posted_amount, digits) <> posted_amount
),

roundings as (
    select account_name as rounding_name from stg_settings__accounts where account_key = 'rounding'
),

moved as (
    select
        customer_id, contract_id, product_id, account_name, month, currency, digits,
        money_sum(posted_amount - exact_amount) as amount
    from postable
    cross join roundings
    where account_name <> rounding_name
    group by customer_id, contract_id, product_id, account_name, month, currency, digits
),

drifted as (
    select
        *,
        money_sum(amount) over (
            partition by customer_id, contract_id, product_id, account_name, currency
            order by month
            rows between unbounded preceding and current row
        ) as drift_amount
    from moved
),

both as (
    select account_name, month, currency, exact_amount as amount
    from postable
    union all
    select account_name, month, currency, coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as amount
    from journal
    where currency_digits(currency) is not null
),

lost as (
    select account_name, month, currency, money_sum(amount) as amount
    from both
    group by account_name, month, currency
    having money_sum(amount) <> 0
),

final as (
    select 'an entry does not balance' as fault, key, month, currency, amount
    from entries
    union all
    select 'a line is not in whole minor units' as fault, key, month, currency, amount
    from lines
    union all
    select
        'what was posted is more than half a minor unit from what is exact' as fault,
        concat_ws(', ', account_name, customer_id, contract_id, product_id) as key, month, currency, drift_amount as amount
    from drifted
    where money_round(drift_amount, digits) not in (0, drift_amount + drift_amount)
    union all
    select 'the journal says another amount' as fault, account_name as key, month, currency, amount
    from lost
)

select * from final order by fault, month, key, currency
