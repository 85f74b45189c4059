-- Prepaid commits with what was paid for them and what became of it, one row each, in money.
--
-- What is still deferred is measured by the ledger, what was recognized by the lines of invoices: the two meet in a check. A
-- commit that the vendor does not bill counts as paid elsewhere; one that took another's rest as paid by that.
--
-- grain    balance_id
-- columns
--   balance_id         text                         the commit
--   root_balance_id    text                         the commit that was paid for, through rollovers
--   customer_id        text?                        the customer
--   contract_id        text?                        the contract
--   currency           text?                        currency of the amounts
--   purchased_amount   decimal(38, 18)? [currency]  billed for it and final, or paid elsewhere
--   rolled_in_amount   decimal(38, 18)? [currency]  worth of the rest that it took over
--   recognized_amount  decimal(38, 18)? [currency]  drawn by final invoices or lapsed, at cost basis
--   rolled_amount      decimal(38, 18)? [currency]  worth of the rest that moved on
--   adjusted_amount    decimal(38, 18)? [currency]  worth taken away by hand; 0 where all in all it was given, or paid back
--   unbilled_amount    decimal(38, 18)? [currency]  in its invoice schedule and not billed
--   deferred_amount    decimal(38, 18)? [currency]  worth of what the ledger has left, less what is not billed
with
balances as (
    select * from int_balances_valued where balance_type = 'prepaid'
),

lines as (
    select * from int_lines_classified where line_role = 'purchase' and is_counted and not is_draft
),

revenue as (
    select * from int_revenue_recognized where not is_draft and root_balance_id is not null
),

entries as (
    select * from int_ledger_entries_classified where not is_void and movement_class not in ('grant', 'draft_drawdown')
),

bought as (
    select balance_id, money_sum(total_amount) as purchased_amount from lines group by balance_id
),

moved as (
    select
        balance_id,
        count(*) = count(recognized_amount) as is_known,
        coalesce(
            money_sum(case when category in ('prepaid_drawdown', 'expiration') then recognized_amount end), 0
        ) as recognized_amount,
        coalesce(money_sum(case when category = 'rolled' then recognized_amount end), 0) as rolled_amount,
        coalesce(money_sum(case when category = 'adjusted' then recognized_amount end), 0) as adjusted_amount
    from revenue
    group by balance_id
),

used as (
    select balance_id, -money_sum(amount) as used from entries group by balance_id
),

joined as (
    select
        balances.*,
        balances.root_balance_id <> balances.balance_id and balances.scheduled_amount is null as is_rolled_in,
        balances.is_invoiced and balances.scheduled_amount is not null as is_billed,
        coalesce(bought.purchased_amount, 0) as billed_amount,
        case when coalesce(moved.is_known, true) then coalesce(moved.recognized_amount, 0) end as recognized_amount,
        case when coalesce(moved.is_known, true) then coalesce(moved.rolled_amount, 0) end as rolled_amount,
        case when coalesce(moved.is_known, true) then coalesce(moved.adjusted_amount, 0) end as adjusted_amount,
        coalesce(used.used, 0) as used
    from balances
    left join bought on balances.balance_id = bought.balance_id
    left join moved on balances.balance_id = moved.balance_id
    left join used on balances.balance_id = used.balance_id
),

priced as (
    select
        *,
        case when is_billed then billed_amount when is_rolled_in then 0.00 else paid_amount end as purchased_amount,
        case when is_billed then scheduled_amount - billed_amount else 0.00 end as unbilled_amount,
        case when is_rolled_in then paid_amount else 0.00 end as rolled_in_amount,
        -- What was given by hand is usable and not used.
        paid_amount - money_share(used + usable - granted, paid_amount, nullif(usable, 0)) as left_amount
    from joined
),

final as (
    select
        balance_id,
        root_balance_id,
        customer_id,
        contract_id,
        currency,
        money_mul(purchased_amount, 1) as purchased_amount,
        money_mul(rolled_in_amount, 1) as rolled_in_amount,
        recognized_amount,
        rolled_amount,
        adjusted_amount,
        money_mul(unbilled_amount, 1) as unbilled_amount,
        left_amount - unbilled_amount as deferred_amount
    from priced
)

select * from final
