-- What happened to each commit and credit in every month of its term.
--
-- Usage, overage and invoices are those of its contract, whatever balance paid; of a commit on a customer, those of
-- all contracts of the customer; they are split by the days of their service period, while the balance moves when the ledger
-- says, at the end of it. A contract with two commits therefore has them in two rows: they are not to be added
-- over commits. Only what is final counts: drafts do not, nor does what a void invoice drew and gave back. The balance
-- is the month's last, before what expired or was trued up in that month. A month outside the term has a row where
-- something moved, and no usage. Months after the newest data are empty.
--
-- grain    contract_id, commit_id, month
-- period   month
-- apart    usage_amount, overage_amount, invoice_amount
-- columns
--   contract_id               text?                        the contract it was made on; null where on the customer
--   commit_id                 text                         the commit or credit
--   month                     date                         first day of the month, UTC
--   currency                  text?                        currency or custom unit of the amounts, or `units of …`
--   usage_amount              decimal(38, 18)? [currency]  finalized usage at the price billed; null where units are counted
--   overage_amount            decimal(38, 18)? [currency]  of it: what no commit or credit covers, by the overage rule
--   invoice_amount            decimal(38, 18)? [currency]  totals of usage invoices; purchases and true-ups are apart
--   remaining_balance_amount  decimal(38, 18)? [currency]  left at the end, before the next two
--   expired_amount            decimal(38, 18)? [currency]  lapsed
--   trueup_amount             decimal(38, 18)? [currency]  the rest of a postpaid commit that was billed
with
terms as (
    select * from int_commits_dated
),

entries as (
    select * from int_ledger_entries_classified where movement_class <> 'draft_drawdown' and not is_reversed
),

usage_months as (
    select * from int_contract_usage_covered
),

moved as (
    select
        balance_id,
        accounting_month as month,
        money_sum(amount) as net_amount,
        coalesce(-money_sum(case when movement_class = 'expiry' then amount end), 0) as expired_amount,
        coalesce(-money_sum(case when movement_class = 'true_up' then amount end), 0) as trueup_amount
    from entries
    group by balance_id, accounting_month
),

bounds as (
    select balance_id, min(month) as first_month, max(month) as last_month from moved group by balance_id
),

spans as (
    select
        terms.balance_id,
        least(month_of(terms.starting_at), bounds.first_month) as first_month,
        greatest(
            month_of(coalesce(terms.ending_before - interval '1 microsecond', terms.as_of)), bounds.last_month
        ) as last_month,
        greatest(month_of(terms.as_of - interval '1 microsecond'), bounds.last_month) as known_month,
        month_of(terms.starting_at) as first_term_month,
        month_of(terms.ending_before - interval '1 microsecond') as last_term_month
    from terms
    left join bounds on terms.balance_id = bounds.balance_id
),

months as (
    select
        balance_id,
        known_month,
        first_term_month,
        last_term_month,
        unnest(months_through(first_month, last_month)) as month
    from spans
),

months_of_term as (
    select
        *,
        coalesce(first_term_month <= month, false) and coalesce(month <= last_term_month, true) as is_in_term
    from months
),

contract_usage as (
    select
        contract_id,
        month,
        currency,
        money_total(usage_amount) as usage_amount,
        money_total(uncovered_amount) as overage_amount,
        money_total(invoice_amount) as invoice_amount
    from usage_months
    group by contract_id, month, currency
),

customer_usage as (
    select
        customer_id,
        month,
        currency,
        money_total(usage_amount) as usage_amount,
        money_total(uncovered_amount) as overage_amount,
        money_total(invoice_amount) as invoice_amount
    from usage_months
    group by customer_id, month, currency
),

balanced as (
    select
        terms.contract_id,
        months.balance_id as commit_id,
        months.month,
        terms.currency,
        months.month <= months.known_month as is_known,
        terms.currency like 'units of %' as is_quantity,
        -- A month without usage has none; what is not known of one stays unknown.
        case
            when contract_usage.month is not null then contract_usage.usage_amount
            when customer_usage.month is not null then customer_usage.usage_amount
            else 0
        end as usage_amount,
        case
            when contract_usage.month is not null then contract_usage.overage_amount
            when customer_usage.month is not null then customer_usage.overage_amount
            else 0
        end as overage_amount,
        case
            when contract_usage.month is not null then contract_usage.invoice_amount
            when customer_usage.month is not null then customer_usage.invoice_amount
            else 0
        end as invoice_amount,
        coalesce(
            money_sum(moved.net_amount) over (
                partition by months.balance_id order by months.month rows between unbounded preceding and current row
            ),
            0
        ) + coalesce(moved.expired_amount, 0) + coalesce(moved.trueup_amount, 0) as remaining_balance_amount,
        coalesce(moved.expired_amount, 0) as expired_amount,
        coalesce(moved.trueup_amount, 0) as trueup_amount
    from months_of_term as months
    inner join terms on months.balance_id = terms.balance_id
    left join moved on months.balance_id = moved.balance_id and months.month = moved.month
    left join contract_usage
        on months.is_in_term
        and terms.contract_id = contract_usage.contract_id
        and months.month = contract_usage.month
        and terms.currency = contract_usage.currency
    left join customer_usage
        on months.is_in_term
        and terms.contract_id is null
        and terms.customer_id = customer_usage.customer_id
        and months.month = customer_usage.month
        and terms.currency = customer_usage.currency
),

final as (
    select
        contract_id,
        commit_id,
        month,
        currency,
        case when is_known and is_quantity is distinct from true then usage_amount end as usage_amount,
        case when is_known and is_quantity is distinct from true then overage_amount end as overage_amount,
        case when is_known and is_quantity is distinct from true then invoice_amount end as invoice_amount,
        case when is_known then remaining_balance_amount end as remaining_balance_amount,
        case when is_known then expired_amount end as expired_amount,
        case when is_known then trueup_amount end as trueup_amount
    from balanced
)

select * from final order by contract_id, commit_id, month
