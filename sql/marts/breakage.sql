-- What of each prepaid commit lapses, and what is recognized of it under either policy.
--
-- In the currency that it was paid in: amounts of access times what was paid for each. Credits are free, and of
-- postpaid commits the rest is billed: neither has breakage. What is expected to lapse is known of terms that are
-- over; of others it has to come from the merchant, and the proportional policy has no amount until then.
--
-- grain    contract_id, commit_id
-- columns
--   customer_id                     text?                        the customer
--   customer_name                   text?                        its name
--   contract_id                     text?                        the contract it was made on; null where on the customer
--   commit_id                       text                         the commit
--   commit_name                     text?                        its name
--   starting_at                     timestamp?                   begin of the term, UTC
--   ending_before                   timestamp?                   its end, exclusive, UTC
--   is_settled                      boolean                      over, and no draft draws on it
--   currency                        text?                        currency that it was paid in
--   cost_basis                      decimal(38, 18)? [fraction]  paid for each unit that may be used; null where not known
--   purchased_amount                decimal(38, 18)? [currency]  what was or will be paid for all of it
--   drawn_amount                    decimal(38, 18)? [currency]  drawn by finalized invoices so far
--   expired_amount                  decimal(38, 18)? [currency]  lapsed so far
--   rolled_over_amount              decimal(38, 18)? [currency]  moved to another commit: deferred there
--   expected_breakage_amount        decimal(38, 18)? [currency]  what lapses over the whole term; null until it is over
--   on_expiry_recognized_amount     decimal(38, 18)? [currency]  recognized so far when what lapses counts as it lapses
--   proportional_recognized_amount  decimal(38, 18)? [currency]  recognized when it counts with what is drawn
-- checks
--   not is_settled or cost_basis is null or on_expiry_recognized_amount is not distinct from proportional_recognized_amount
--   on_expiry_recognized_amount = drawn_amount + expired_amount
with
terms as (
    select * from int_commits_dated where balance_type = 'prepaid'
),

valued as (
    select * from int_balances_valued
),

lapses as (
    select * from int_lapses_spread
),

entries as (
    select * from int_ledger_entries_classified
),

customers as (
    select * from int_customers_unified
),

moved as (
    select
        balance_id,
        bool_or(movement_class = 'draft_drawdown') as has_draft,
        -money_sum(case when movement_class = 'rollover_out' then amount end) as rolled
    from entries
    group by balance_id
),

sums as (
    select
        balance_id,
        money_sum(drawn) as drawn,
        money_sum(lapsed) as lapsed,
        money_sum(lapsed_proportional) as lapsed_proportional
    from lapses
    group by balance_id
),

priced as (
    select
        terms.*,
        terms.is_ended and not coalesce(moved.has_draft, false) as is_settled,
        valued.currency as paid_currency,
        valued.cost_basis,
        valued.paid_amount,
        money_share(coalesce(sums.drawn, 0), valued.paid_amount, nullif(valued.usable, 0)) as drawn_amount,
        money_share(coalesce(sums.drawn + sums.lapsed, 0), valued.paid_amount, nullif(valued.usable, 0))
            as on_expiry_amount,
        money_share(coalesce(sums.drawn + sums.lapsed_proportional, 0), valued.paid_amount, nullif(valued.usable, 0))
            as proportional_amount,
        money_share(coalesce(moved.rolled, 0), valued.paid_amount, nullif(valued.usable, 0)) as rolled_amount
    from terms
    inner join valued on terms.balance_id = valued.balance_id
    left join moved on terms.balance_id = moved.balance_id
    left join sums on terms.balance_id = sums.balance_id
),

final as (
    select
        priced.customer_id,
        customers.customer_name,
        priced.contract_id,
        priced.balance_id as commit_id,
        priced.balance_name as commit_name,
        priced.starting_at,
        priced.ending_before,
        priced.is_settled,
        priced.paid_currency as currency,
        priced.cost_basis,
        priced.paid_amount as purchased_amount,
        priced.drawn_amount,
        priced.on_expiry_amount - priced.drawn_amount as expired_amount,
        priced.rolled_amount as rolled_over_amount,
        case when priced.is_settled then priced.on_expiry_amount - priced.drawn_amount end as expected_breakage_amount,
        priced.on_expiry_amount as on_expiry_recognized_amount,
        case when priced.is_settled then priced.proportional_amount end as proportional_recognized_amount
    from priced
    left join customers on priced.customer_id = customers.customer_id
)

select * from final order by contract_id, commit_id
