-- What each commit promised over its term, what was consumed, and how the rest was settled.
--
-- Amounts are positive and in the unit of the balance, not in what was paid for it. Consumed is what finalized
-- invoices drew. Overage is that of the contract in the months of the term, whatever commit it ran over: commits whose
-- terms overlap show it twice. A term is settled once it is over and no draft draws on it any more.
--
-- grain    contract_id, commit_id
-- apart    overage_amount
-- columns
--   customer_id           text?                        the customer
--   customer_name         text?                        its name
--   contract_id           text?                        the contract it was made on; null where on the customer
--   commit_id             text                         the commit
--   balance_type          text?                        prepaid or postpaid
--   starting_at           timestamp?                   begin of the term, UTC
--   ending_before         timestamp?                   its end, exclusive, UTC
--   is_settled            boolean                      over, and no draft draws on it
--   currency              text?                        currency or custom unit of the amounts, or `units of …`
--   committed_amount      decimal(38, 18) [currency]   granted so far, with changes by hand and of seats
--   consumed_amount       decimal(38, 18) [currency]   drawn by finalized invoices
--   draft_amount          decimal(38, 18) [currency]   drawn by drafts
--   trueup_amount         decimal(38, 18) [currency]   billed for what a postpaid commit was not used for
--   expired_amount        decimal(38, 18) [currency]   lapsed
--   rolled_over_amount    decimal(38, 18) [currency]   moved to another commit
--   corrected_amount      decimal(38, 18) [currency]   given back less drawn by void invoices, where the two differ
--   left_amount           decimal(38, 18) [currency]   committed and not accounted for by the others
--   shortfall_amount      decimal(38, 18)? [currency]  of a postpaid commit not over: what would be trued up now
--   overage_amount        decimal(38, 18)? [currency]  finalized usage of the contract that no balance covers
-- checks
--   committed_amount = consumed_amount + draft_amount + trueup_amount + expired_amount + rolled_over_amount - corrected_amount + left_amount
with
terms as (
    select * from int_commits_dated where balance_type in ('prepaid', 'postpaid')
),

entries as (
    select * from int_ledger_entries_classified
),

usage_months as (
    select * from int_contract_usage_covered
),

customers as (
    select * from int_customers_unified
),

moved as (
    select
        balance_id,
        bool_or(movement_class = 'draft_drawdown') as has_draft,
        money_sum(case when movement_class in ('grant', 'manual', 'seat_adjustment') then amount end) as committed_amount,
        -money_sum(case when movement_class = 'drawdown' then amount end) as consumed_amount,
        -money_sum(case when movement_class = 'draft_drawdown' then amount end) as draft_amount,
        -money_sum(case when movement_class = 'true_up' then amount end) as trueup_amount,
        -money_sum(case when movement_class = 'expiry' then amount end) as expired_amount,
        -money_sum(case when movement_class = 'rollover_out' then amount end) as rolled_over_amount,
        money_sum(case when movement_class in ('void_drawdown', 'credit_back', 'other') then amount end)
            as corrected_amount,
        money_sum(amount) as left_amount
    from entries
    group by balance_id
),

-- Two joins by equal ids: one that allows either id would compare every commit with every month of its currency.
overage as (
    select terms.balance_id, money_total(usage_months.uncovered_amount) as overage_amount
    from terms
    inner join usage_months
        on terms.contract_id = usage_months.contract_id and terms.currency = usage_months.currency
    where month_of(terms.starting_at) <= usage_months.month
        and (terms.ending_before is null or usage_months.month < cast(terms.ending_before as date))
    group by terms.balance_id
    union all
    select terms.balance_id, money_total(usage_months.uncovered_amount) as overage_amount
    from terms
    inner join usage_months
        on terms.customer_id = usage_months.customer_id and terms.currency = usage_months.currency
    where terms.contract_id is null
        and month_of(terms.starting_at) <= usage_months.month
        and (terms.ending_before is null or usage_months.month < cast(terms.ending_before as date))
    group by terms.balance_id
),

final as (
    select
        terms.customer_id,
        customers.customer_name,
        terms.contract_id,
        terms.balance_id as commit_id,
        terms.balance_type,
        terms.starting_at,
        terms.ending_before,
        terms.is_ended and not coalesce(moved.has_draft, false) as is_settled,
        terms.currency,
        coalesce(moved.committed_amount, 0) as committed_amount,
        coalesce(moved.consumed_amount, 0) as consumed_amount,
        coalesce(moved.draft_amount, 0) as draft_amount,
        coalesce(moved.trueup_amount, 0) as trueup_amount,
        coalesce(moved.expired_amount, 0) as expired_amount,
        coalesce(moved.rolled_over_amount, 0) as rolled_over_amount,
        coalesce(moved.corrected_amount, 0) as corrected_amount,
        coalesce(moved.left_amount, 0) as left_amount,
        case
            when terms.balance_type = 'postpaid' and not terms.is_ended then greatest(coalesce(moved.left_amount, 0), 0)
        end as shortfall_amount,
        case
            when terms.currency like 'units of %' then cast(null as decimal(38, 18))
            when overage.balance_id is null then 0
            else overage.overage_amount
        end as overage_amount
    from terms
    left join customers on terms.customer_id = customers.customer_id
    left join moved on terms.balance_id = moved.balance_id
    left join overage on terms.balance_id = overage.balance_id
)

select * from final order by contract_id, commit_id
