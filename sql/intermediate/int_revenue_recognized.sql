-- Revenue by component and month, valued: one row each, and what moved a prepaid commit without being revenue.
--
-- What is drawn from a prepaid commit, or lapses in it, is worth its part of what was paid. It is taken from the sum of all
-- that was drawn before and after, so that roundings never add up: what uses a commit up recognises all that it was worth.
-- Drafts come behind finals. Credits are worth nothing, nor are entries by hand where all in all they gave, or took what was paid
-- back: what was paid is spread over what may be used after them. Null where it is not known what was paid.
--
-- grain    component_id, month
-- columns
--   component_id       text                         the component
--   month              date?                        first day of the month; null where a draft has no date
--   component          text                         usage, drawdown, credit, fee, trueup, expiration, rollover or adjustment
--   category           text                         the category of revenue, or rolled or adjusted
--   is_draft           boolean                      whether it is of a draft: accrued, not recognized
--   customer_id        text?                        the customer
--   contract_id        text?                        the contract
--   product_id         text?                        the product
--   balance_id         text?                        the commit or credit concerned
--   root_balance_id    text?                        the prepaid commit that was paid for, through rollovers
--   invoice_id         text?                        the invoice
--   booked_month       date?                        first day of the month it was billed in
--   currency           text?                        currency of the amounts
--   list_amount        decimal(38, 18)? [currency]  as billed or drawn, before a cost basis; null where drawn in no money
--   recognized_amount  decimal(38, 18)? [currency]  revenue; of what is rolled or adjusted, the worth that moved
with
parts as (
    select * from int_revenue_parts_dated
),

balances as (
    select * from int_balances_valued
),

moved as (
    select
        parts.component_id,
        parts.month,
        parts.component,
        parts.is_draft,
        parts.balance_id,
        balances.paid_amount,
        balances.usable,
        case when parts.component = 'adjustment' and balances.usable <> balances.granted then 0.00 else parts.drawn end
            as drawn
    from parts
    inner join balances on parts.balance_id = balances.balance_id
    where parts.component in ('drawdown', 'expiration', 'rollover', 'adjustment')
),

ordered as (
    select
        *,
        money_sum(drawn) over (
            partition by balance_id
            order by is_draft, month, component, component_id
            rows between unbounded preceding and current row
        ) as drawn_after
    from moved
),

valued as (
    select
        component_id,
        month,
        money_share(drawn_after, paid_amount, nullif(usable, 0)) as worth_after,
        money_share(drawn_after - drawn, paid_amount, nullif(usable, 0)) as worth_before
    from ordered
),

final as (
    select
        parts.component_id,
        parts.month,
        parts.component,
        parts.category,
        parts.is_draft,
        parts.customer_id,
        parts.contract_id,
        parts.product_id,
        parts.balance_id,
        case when balances.balance_type = 'prepaid' then balances.root_balance_id end as root_balance_id,
        parts.invoice_id,
        parts.booked_month,
        parts.currency,
        case
            when parts.component in ('usage', 'fee', 'trueup') then parts.billed_amount
            when balances.balance_id is null or balances.balance_currency = parts.currency then parts.drawn
        end as list_amount,
        case
            when parts.component in ('usage', 'fee', 'trueup') then parts.billed_amount
            when parts.component = 'credit' then money_mul(0, 0)
            else valued.worth_after - valued.worth_before
        end as recognized_amount
    from parts
    left join balances on parts.balance_id = balances.balance_id
    left join valued
        on parts.component_id = valued.component_id and (parts.month is not distinct from valued.month)
)

select * from final
