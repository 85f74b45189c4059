-- How each commit and credit moved from month to month.
--
-- From its first movement to its last, or to the month of the snapshot where something is left. Amounts are signed as
-- in the ledger: what draws on the balance is negative, so that a row adds up from left to right. They are what may be
-- used and not what was paid for it. Drafts and invoices that are void now stand in columns of their own.
--
-- grain    balance_id, month, currency
-- period   month
-- columns
--   customer_id             text?                        the customer
--   customer_name           text?                        its name
--   contract_id             text?                        the contract it was made on; null where on the customer
--   balance_id              text                         the commit or credit
--   balance_type            text?                        prepaid, postpaid or credit
--   balance_name            text?                        its name
--   month                   date                         first day of the month, UTC
--   currency                text?                        currency or custom unit of the amounts, or `units of …`
--   opening_amount          decimal(38, 18) [currency]   at the month's begin
--   grant_amount            decimal(38, 18) [currency]   segments that began; a postpaid commit: what was promised
--   drawdown_amount         decimal(38, 18) [currency]   drawn by finalized invoices
--   draft_drawdown_amount   decimal(38, 18) [currency]   drawn by drafts: can still change
--   void_drawdown_amount    decimal(38, 18) [currency]   drawn by invoices that are void now
--   expiry_amount           decimal(38, 18) [currency]   lapsed
--   rollover_amount         decimal(38, 18) [currency]   moved to another commit
--   manual_amount           decimal(38, 18) [currency]   entered by hand
--   seat_adjustment_amount  decimal(38, 18) [currency]   as seats changed
--   credit_back_amount      decimal(38, 18) [currency]   given back or cancelled in connection with an invoice
--   true_up_amount          decimal(38, 18) [currency]   the rest of a postpaid commit that was billed
--   other_amount            decimal(38, 18) [currency]   by entries of a kind that is not known here
--   closing_amount          decimal(38, 18) [currency]   at the month's end
-- checks
--   closing_amount = opening_amount + grant_amount + drawdown_amount + draft_drawdown_amount + void_drawdown_amount + expiry_amount + rollover_amount + manual_amount + seat_adjustment_amount + credit_back_amount + true_up_amount + other_amount
with
entries as (
    select * from int_ledger_entries_classified
),

balances as (
    select * from int_balances_unified
),

customers as (
    select * from int_customers_unified
),

bounds as (
    select
        balance_id,
        min(accounting_month) as first_month,
        max(accounting_month) as last_month,
        money_sum(amount) as left_amount
    from entries
    group by balance_id
),

months as (
    select
        balances.balance_id,
        unnest(
            months_through(
                bounds.first_month,
                case
                    when bounds.left_amount <> 0
                        then greatest(bounds.last_month, month_of(balances.as_of - interval '1 microsecond'))
                    else bounds.last_month
                end
            )
        ) as month
    from balances
    inner join bounds on balances.balance_id = bounds.balance_id
),

moved as (
    select
        balance_id,
        accounting_month as month,
        money_sum(amount) as net_amount,
        money_sum(case when movement_class = 'grant' then amount end) as grant_amount,
        money_sum(case when movement_class = 'drawdown' then amount end) as drawdown_amount,
        money_sum(case when movement_class = 'draft_drawdown' then amount end) as draft_drawdown_amount,
        money_sum(case when movement_class = 'void_drawdown' then amount end) as void_drawdown_amount,
        money_sum(case when movement_class = 'expiry' then amount end) as expiry_amount,
        money_sum(case when movement_class = 'rollover_out' then amount end) as rollover_amount,
        money_sum(case when movement_class = 'manual' then amount end) as manual_amount,
        money_sum(case when movement_class = 'seat_adjustment' then amount end) as seat_adjustment_amount,
        money_sum(case when movement_class = 'credit_back' then amount end) as credit_back_amount,
        money_sum(case when movement_class = 'true_up' then amount end) as true_up_amount,
        money_sum(case when movement_class = 'other' then amount end) as other_amount
    from entries
    group by balance_id, accounting_month
),

rolled as (
    select
        months.balance_id,
        months.month,
        moved.grant_amount,
        moved.drawdown_amount,
        moved.draft_drawdown_amount,
        moved.void_drawdown_amount,
        moved.expiry_amount,
        moved.rollover_amount,
        moved.manual_amount,
        moved.seat_adjustment_amount,
        moved.credit_back_amount,
        moved.true_up_amount,
        moved.other_amount,
        money_sum(moved.net_amount) over (
            partition by months.balance_id order by months.month rows between unbounded preceding and 1 preceding
        ) as opening_amount,
        money_sum(moved.net_amount) over (
            partition by months.balance_id order by months.month rows between unbounded preceding and current row
        ) as closing_amount
    from months
    left join moved on months.balance_id = moved.balance_id and months.month = moved.month
),

final as (
    select
        balances.customer_id,
        customers.customer_name,
        balances.contract_id,
        balances.balance_id,
        balances.balance_type,
        balances.balance_name,
        rolled.month,
        balances.currency,
        coalesce(rolled.opening_amount, 0) as opening_amount,
        coalesce(rolled.grant_amount, 0) as grant_amount,
        coalesce(rolled.drawdown_amount, 0) as drawdown_amount,
        coalesce(rolled.draft_drawdown_amount, 0) as draft_drawdown_amount,
        coalesce(rolled.void_drawdown_amount, 0) as void_drawdown_amount,
        coalesce(rolled.expiry_amount, 0) as expiry_amount,
        coalesce(rolled.rollover_amount, 0) as rollover_amount,
        coalesce(rolled.manual_amount, 0) as manual_amount,
        coalesce(rolled.seat_adjustment_amount, 0) as seat_adjustment_amount,
        coalesce(rolled.credit_back_amount, 0) as credit_back_amount,
        coalesce(rolled.true_up_amount, 0) as true_up_amount,
        coalesce(rolled.other_amount, 0) as other_amount,
        coalesce(rolled.closing_amount, 0) as closing_amount
    from rolled
    inner join balances on rolled.balance_id = balances.balance_id
    left join customers on balances.customer_id = customers.customer_id
)

select * from final order by balance_id, month, currency
