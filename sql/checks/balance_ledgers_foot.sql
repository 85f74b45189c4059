-- Commits and credits whose ledger does not add up to their balance.
--
-- Only those whose segments are all open and that nobody corrected by hand: a balance does not go below zero, and counts
-- nothing that is yet to begin. It warns and does not block, because the API's reference shows deductions with both signs.
--
-- severity warn
with
balances as (
    select * from int_balances_unified
),

segments as (
    select * from int_balance_segments_unified
),

ledger as (
    select * from int_balance_ledger_unified
),

opened as (
    select balance_id, bool_and(is_open) as is_open from segments group by balance_id
),

moved as (
    select
        balance_id,
        money_sum(amount) as ledger_amount,
        bool_or(movement = 'manual') as has_manual
    from ledger
    group by balance_id
),

final as (
    select
        balances.balance_id,
        balances.customer_id,
        balances.balance_amount,
        moved.ledger_amount,
        balances.balance_amount - moved.ledger_amount as difference_amount,
        balances.currency
    from balances
    inner join opened on balances.balance_id = opened.balance_id
    inner join moved on balances.balance_id = moved.balance_id
    where opened.is_open and not moved.has_manual and balances.balance_amount <> moved.ledger_amount
)

select * from final order by balance_id
