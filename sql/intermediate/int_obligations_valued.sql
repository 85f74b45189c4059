-- What is promised to customers for a price, and what of it is not revenue yet, as of the day that the data stands for: one row a commit,
-- and a product of the scheduled charges or of the subscriptions of a contract.
--
-- A prepaid commit is worth what is paid for it, billed or not, whatever it counts; a postpaid one what it commits to spend. Credits and
-- free commits have no price, and what is granted by hand raises none. A fee counts as far as a final invoice or a scheduled charge
-- bills it; of a subscription nobody tells what will be billed. What of a commit moved on is promised by the one that took it.
--
-- grain    obligation_id
-- columns
--   obligation_id        text                         the commit; or the contract and product of fees
--   obligation_type      text                         prepaid commit, postpaid commit, scheduled charge or subscription
--   customer_id          text?                        the customer
--   contract_id          text?                        the contract; null for commits of the customer and on plans
--   commit_id            text?                        the commit; null of fees
--   product_id           text?                        the product of fees, and that a commit is invoiced under
--   currency             text?                        currency of the amounts
--   usable_amount        decimal(38, 18)? [currency]  what all that is usable of a commit is worth
--   usable               decimal(38, 18)? [quantity]  all that is usable of it
--   contracted_amount    decimal(38, 18)? [currency]  promised in all; null where what was paid for a commit is not known
--   recognized_amount    decimal(38, 18)? [currency]  of it: revenue by final invoices, or lapsed
--   accrued_amount       decimal(38, 18)? [currency]  of it: revenue by drafts
--   rolled_over_amount   decimal(38, 18)? [currency]  of it: moved to another commit
--   adjusted_amount      decimal(38, 18)? [currency]  of it: taken by hand, or given up
--   remaining_amount     decimal(38, 18)? [currency]  of it: none of these
-- checks
--   remaining_amount = contracted_amount - recognized_amount - accrued_amount - rolled_over_amount - adjusted_amount
with
data as (
    select month_of(newest_at - interval '1 microsecond') as as_of_month from int_data_dated
),

balances as (
    select *
    from int_balances_valued
    where currency_digits(currency) is not null
        and (
            (balance_type = 'prepaid' and (paid_amount is distinct from 0))
            -- What a postpaid commit counts in a unit of its own is billed by no price that is known.
            or (balance_type = 'postpaid' and balance_currency = currency)
        )
),

terms as (
    select * from int_commits_dated
),

entries as (
    select * from int_ledger_entries_classified where balance_type = 'postpaid'
),

contracts as (
    select * from int_contracts_unified
),

unbilled as (
    select * from int_fees_unbilled
),

revenue as (
    select int_revenue_recognized.*
    from int_revenue_recognized
    cross join data
    where component = 'fee' or (balance_id is not null and coalesce(month <= data.as_of_month, is_draft))
),

drawn as (
    select
        balance_id,
        currency,
        count(*) = count(recognized_amount) as is_known,
        money_sum(case when not is_draft and category in ('prepaid_drawdown', 'expiration') then recognized_amount end)
            as recognized_amount,
        money_sum(case when is_draft and category = 'prepaid_drawdown' then recognized_amount end) as accrued_amount,
        money_sum(case when category = 'rolled' then recognized_amount end) as rolled_over_amount,
        money_sum(case when category = 'adjusted' then recognized_amount end) as adjusted_amount,
        money_sum(case when is_draft and category = 'true_up' then recognized_amount end) as trueup_amount
    from revenue
    where component <> 'fee'
    group by balance_id, currency
),

moved as (
    select
        balance_id,
        money_sum(case when movement_class in ('manual', 'seat_adjustment') then amount end) as changed,
        -money_sum(case when movement_class in ('drawdown', 'void_drawdown', 'credit_back', 'true_up', 'other') then amount end)
            as recognized,
        -money_sum(case when movement_class = 'draft_drawdown' then amount end) as accrued,
        -money_sum(case when movement_class = 'rollover_out' then amount end) as rolled_over,
        -money_sum(case when movement_class = 'expiry' then amount end) as lapsed
    from entries
    group by balance_id
),

prepaid as (
    select
        balances.balance_id as obligation_id,
        'prepaid commit' as obligation_type,
        balances.customer_id,
        balances.contract_id,
        balances.balance_id as commit_id,
        balances.product_id,
        balances.currency,
        balances.paid_amount as usable_amount,
        balances.usable,
        balances.paid_amount as contracted_amount,
        case when coalesce(drawn.is_known, true) then coalesce(drawn.recognized_amount, 0) end as recognized_amount,
        case when coalesce(drawn.is_known, true) then coalesce(drawn.accrued_amount, 0) end as accrued_amount,
        case when coalesce(drawn.is_known, true) then coalesce(drawn.rolled_over_amount, 0) end as rolled_over_amount,
        case when coalesce(drawn.is_known, true) then coalesce(drawn.adjusted_amount, 0) end as adjusted_amount
    from balances
    left join drawn on balances.balance_id = drawn.balance_id and balances.currency = drawn.currency
    where balances.balance_type = 'prepaid'
),

postpaid as (
    select
        balances.balance_id as obligation_id,
        'postpaid commit' as obligation_type,
        balances.customer_id,
        balances.contract_id,
        balances.balance_id as commit_id,
        balances.product_id,
        balances.currency,
        terms.scheduled_amount as usable_amount,
        terms.scheduled_amount as usable,
        terms.scheduled_amount + coalesce(moved.changed, 0) as contracted_amount,
        coalesce(moved.recognized, 0) as recognized_amount,
        -- What a true-up that is no ledger's yet has accrued is left no more.
        coalesce(moved.accrued, 0) + least(
            coalesce(drawn.trueup_amount, 0),
            greatest(
                terms.scheduled_amount + coalesce(moved.changed, 0) - coalesce(moved.recognized, 0)
                - coalesce(moved.accrued, 0) - coalesce(moved.rolled_over, 0) - coalesce(moved.lapsed, 0),
                0
            )
        ) as accrued_amount,
        coalesce(moved.rolled_over, 0) as rolled_over_amount,
        coalesce(moved.lapsed, 0) as adjusted_amount
    from balances
    inner join terms on balances.balance_id = terms.balance_id
    left join moved on balances.balance_id = moved.balance_id
    left join drawn on balances.balance_id = drawn.balance_id and balances.currency = drawn.currency
    where balances.balance_type = 'postpaid'
),

scheduled as (
    select distinct contract_id, product_id, currency from unbilled
),

-- What was billed later than the data's day counts where a schedule said so before.
fees as (
    select
        revenue.customer_id,
        revenue.contract_id,
        case revenue.category when 'scheduled' then 'scheduled charge' else revenue.category end as obligation_type,
        revenue.product_id,
        revenue.currency,
        revenue.recognized_amount as contracted_amount,
        case when not revenue.is_draft and revenue.month <= data.as_of_month then revenue.recognized_amount end
            as recognized_amount,
        case when revenue.is_draft then revenue.recognized_amount end as accrued_amount
    from revenue
    cross join data
    left join scheduled
        on revenue.category = 'scheduled'
        and revenue.contract_id = scheduled.contract_id
        and revenue.product_id = scheduled.product_id
        and revenue.currency = scheduled.currency
    where revenue.component = 'fee'
        and currency_digits(revenue.currency) is not null
        and (
            coalesce(revenue.month <= data.as_of_month, revenue.is_draft)
            or (not revenue.is_draft and (revenue.booked_month <= data.as_of_month or scheduled.contract_id is not null))
        )
    union all
    select
        cast(null as varchar) as customer_id,
        contract_id,
        'scheduled charge' as obligation_type,
        product_id,
        currency,
        unbilled_amount as contracted_amount,
        cast(null as decimal(38, 18)) as recognized_amount,
        cast(null as decimal(38, 18)) as accrued_amount
    from unbilled
    where unbilled_amount <> 0
),

charged as (
    select
        coalesce(contracts.customer_id, fees.customer_id) as customer_id,
        fees.contract_id,
        fees.obligation_type,
        fees.product_id,
        fees.currency,
        money_sum(fees.contracted_amount) as contracted_amount,
        coalesce(money_sum(fees.recognized_amount), 0) as recognized_amount,
        coalesce(money_sum(fees.accrued_amount), 0) as accrued_amount
    from fees
    left join contracts on fees.contract_id = contracts.contract_id
    group by coalesce(contracts.customer_id, fees.customer_id), fees.contract_id, fees.obligation_type, fees.product_id,
        fees.currency
),

obligations as (
    select * from prepaid
    union all
    select * from postpaid
    union all
    select
        concat_ws(
            '/', obligation_type, coalesce(customer_id, ''), coalesce(contract_id, ''), coalesce(product_id, ''), currency
        ) as obligation_id,
        obligation_type,
        customer_id,
        contract_id,
        cast(null as varchar) as commit_id,
        product_id,
        currency,
        cast(null as decimal(38, 18)) as usable_amount,
        cast(null as decimal(38, 18)) as usable,
        contracted_amount,
        recognized_amount,
        accrued_amount,
        cast(0 as decimal(38, 18)) as rolled_over_amount,
        cast(0 as decimal(38, 18)) as adjusted_amount
    from charged
),

final as (
    select
        *,
        contracted_amount - recognized_amount - accrued_amount - rolled_over_amount - adjusted_amount as remaining_amount
    from obligations
)

select * from final
