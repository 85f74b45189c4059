-- Revenue by component and month with the accounts that it is posted to, one row each; what is worth nothing is not there.
--
-- Usage that a free credit or a free commit paid for is revenue and taken off it in an account beside it.
--
-- grain    component_id, month
-- params   $free_commits gross|net = gross
-- columns
--   component_id   text                        the component
--   month          date                        first day of the month it is earned in, UTC
--   component      text                        usage, drawdown, credit, fee, trueup or expiration
--   category       text                        the category of revenue
--   is_draft       boolean                     whether it is of a draft: accrued, not recognized
--   customer_id    text?                       the customer
--   contract_id    text?                       the contract
--   product_id     text?                       the product
--   balance_id     text?                       the commit or credit concerned
--   invoice_id     text?                       the invoice
--   booked_month   date?                       first day of the month it was billed in
--   currency       text?                       currency of the amount
--   amount         decimal(38, 18) [currency]  what is posted
--   revenue_key    text                        account of the revenue, as settings name it
--   source_key     text?                       account it is taken from; null where it is billed for itself
--   is_billed      boolean                     whether it is billed for itself, and not drawn
--   is_in_advance  boolean                     whether it was billed in a month before
--   is_in_arrears  boolean                     whether it was billed in a month after
with
balances as (
    select
        balance_id,
        coalesce(balance_type = 'prepaid' and paid_amount = 0, false) as is_free
    from int_balances_valued
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

final as (
    select
        component_id,
        month,
        component,
        category,
        is_draft,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        booked_month,
        currency,
        amount,
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
)

select * from final
