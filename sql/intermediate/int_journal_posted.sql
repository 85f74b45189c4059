-- What is to be posted, one row an entry: what is debited, what is credited, and how much.
--
-- A commit that is billed outside the vendor's invoices is deferred against an account of its own, which the bill settles.
--
-- Deferred revenue never falls below zero: where more of a contract's commits and fees is earned by the end of a month than is
-- billed, the rest is unbilled (a contract asset), by an entry of that month which later ones take back.
--
-- grain    entry_key
-- params   $billed_elsewhere clearing|not_posted = clearing, $contract_position contract|commit = contract
-- columns
--   entry_key        text                        what happened, to what, in which month
--   event            text                        what happened
--   month            date                        first day of the month it is posted in, UTC
--   customer_id      text?                       the customer
--   contract_id      text?                       the contract
--   product_id       text?                       the product
--   balance_id       text?                       the commit concerned
--   invoice_id       text?                       the invoice
--   debit_key        text                        account debited, as settings name it
--   credit_key       text                        account credited
--   currency         text?                       currency of the amount
--   posted_amount    decimal(38, 18) [currency]  may be negative: then the sides are exchanged
with
events as (
    select * from int_journal_events
),

balances as (
    select
        *,
        -- What is posted by whoever bills it is no balance of these entries.
        is_invoiced or $billed_elsewhere = 'clearing' as is_posted
    from int_balances_owned
),

-- What moves deferred revenue, by contract or by commit; a commit of the customer stands for itself under either policy.
deferred as (
    select
        coalesce(balances.customer_id, events.customer_id) as customer_id,
        case when balances.balance_id is null then events.contract_id else balances.contract_id end as contract_id,
        case
            when $contract_position = 'commit' or balances.contract_id is null then balances.root_balance_id
        end as balance_id,
        events.currency,
        events.month,
        case when events.credit_key = 'deferred' then events.posted_amount else -events.posted_amount end as amount
    from events
    left join balances on events.balance_id = balances.balance_id
    where (events.debit_key = 'deferred' or events.credit_key = 'deferred') and coalesce(balances.is_posted, true)
),

moved as (
    select customer_id, contract_id, balance_id, currency, month, money_sum(amount) as amount
    from deferred
    group by customer_id, contract_id, balance_id, currency, month
),

positions as (
    select
        *,
        greatest(
            -money_sum(amount) over (
                partition by customer_id, contract_id, balance_id, currency
                order by month
                rows between unbounded preceding and current row
            ),
            0
        ) as unbilled_amount
    from moved
),

unbilled as (
    select
        *,
        unbilled_amount - coalesce(
            lag(unbilled_amount) over (partition by customer_id, contract_id, balance_id, currency order by month), 0
        ) as posted_amount
    from positions
),

posted as (
    select * from events
    union all
    select
        'earned before billing' as event,
        concat_ws('/', customer_id, contract_id, balance_id, currency) as source_id, month, customer_id, contract_id,
        cast(null as varchar) as product_id, balance_id, cast(null as varchar) as invoice_id, 'unbilled' as debit_key,
        'deferred' as credit_key, currency, posted_amount
    from unbilled
    where posted_amount <> 0
),

final as (
    select
        event || '/' || source_id || '/' || cast(month as varchar) as entry_key,
        event,
        month,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        debit_key,
        credit_key,
        currency,
        posted_amount
    from posted
)

select * from final
