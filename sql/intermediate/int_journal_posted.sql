-- What is to be posted, one row an entry: what is debited, what is credited, and how much.
--
-- What is earned after the month it is billed in passes through deferred revenue, what is earned before it through unbilled
-- receivables: so receivables of a month are the invoices issued in it. What drafts have earned is accrued in its month, and
-- taken back in the month after the newest data: until then it stands, whatever months the draft covers. Usage that a free credit
-- or a free commit paid for is revenue and taken off it in an account beside it. A commit that is billed outside the vendor's
-- invoices is deferred against an account of its own, which the bill settles.
--
-- Deferred revenue never falls below zero: where more of a contract's commits and fees is earned by the end of a month than is
-- billed, the rest is unbilled (a contract asset), by an entry of that month which later ones take back.
--
-- grain    entry_key
-- params   $free_commits gross|net = gross, $billed_elsewhere clearing|not_posted = clearing, $contract_position contract|commit = contract
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
bookings as (
    select * from int_deferrals_booked
),

valued as (
    select * from int_balances_valued
),

balances as (
    select
        valued.balance_id,
        valued.root_balance_id,
        roots.customer_id,
        roots.contract_id,
        coalesce(valued.balance_type = 'prepaid' and valued.paid_amount = 0, false) as is_free,
        -- What is posted by whoever bills it is no balance of these entries.
        roots.is_invoiced or $billed_elsewhere = 'clearing' as is_posted
    from valued
    inner join valued as roots on valued.root_balance_id = roots.balance_id
),

revenue as (
    select
        recognized.*,
        recognized.category = 'credit_drawdown' or (recognized.component = 'drawdown' and coalesce(balances.is_free, false))
            as is_given
    from int_revenue_recognized as recognized
    left join balances on recognized.balance_id = balances.balance_id
    where recognized.category not in ('rolled', 'adjusted') and recognized.month is not null
),

priced as (
    select
        *,
        case
            when is_given and (category = 'credit_drawdown' or $free_commits = 'gross') then list_amount
            else recognized_amount
        end as amount
    from revenue
),

kinds as (
    select
        *,
        case
            when category in ('overage', 'subscription', 'scheduled', 'true_up') then category
            when category = 'expiration' then 'breakage'
            else 'revenue'
        end as revenue_key,
        case
            when is_given then 'credits'
            when component in ('drawdown', 'expiration') then 'deferred'
        end as source_key,
        component in ('usage', 'fee', 'trueup') as is_billed,
        coalesce(month > booked_month, false) as is_in_advance,
        coalesce(month < booked_month, false) as is_in_arrears
    from priced
    where amount <> 0
),

events as (
    select
        'purchase' as event, booking_id as source_id, booked_month as month, customer_id, contract_id, product_id,
        balance_id, invoice_id, case when is_billed_elsewhere then 'elsewhere' else 'receivable' end as debit_key,
        'deferred' as credit_key, currency, total_amount as posted_amount
    from bookings
    union all
    select
        'billed in advance' as event, component_id || '/' || cast(month as varchar) as source_id, booked_month as month,
        customer_id, contract_id, product_id, balance_id, invoice_id, 'receivable' as debit_key,
        'deferred' as credit_key, currency, amount as posted_amount
    from kinds
    where is_billed and is_in_advance and not is_draft
    union all
    select
        'billed in arrears' as event, component_id || '/' || cast(month as varchar) as source_id, booked_month as month,
        customer_id, contract_id, product_id, balance_id, invoice_id, 'receivable' as debit_key,
        'unbilled' as credit_key, currency, amount as posted_amount
    from kinds
    where is_billed and is_in_arrears and not is_draft
    union all
    select
        category as event, component_id as source_id, month, customer_id, contract_id, product_id, balance_id, invoice_id,
        coalesce(
            source_key,
            case when is_in_advance then 'deferred' when is_in_arrears then 'unbilled' else 'receivable' end
        ) as debit_key,
        revenue_key as credit_key, currency, amount as posted_amount
    from kinds
    where not is_draft
    union all
    select
        'accrual' as event, component_id as source_id, month, customer_id, contract_id, product_id, balance_id, invoice_id,
        coalesce(source_key, 'unbilled') as debit_key,
        revenue_key as credit_key, currency, amount as posted_amount
    from kinds
    where is_draft
    union all
    select
        'accrual reversed' as event, component_id || '/' || cast(month as varchar) as source_id,
        add_months(greatest(kinds.month, month_of(data.newest_at - interval '1 microsecond')), 1) as month, customer_id,
        contract_id, product_id, balance_id, invoice_id, revenue_key as debit_key,
        coalesce(source_key, 'unbilled') as credit_key, currency, amount as posted_amount
    from kinds
    cross join int_data_dated as data
    where is_draft
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
