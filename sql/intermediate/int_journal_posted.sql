-- What is to be posted, one row an entry: what is debited, what is credited, and how much.
--
-- What is earned after the month it is billed in passes through deferred revenue, what is earned before it through unbilled
-- receivables: so receivables of a month are the invoices issued in it. What drafts have earned is accrued in its month, and
-- taken back in the month after the newest data: until then it stands, whatever months the draft covers. Usage that a free credit paid for is revenue and taken off it in an account beside it. A commit that
-- is billed outside the vendor's invoices has no entry for its purchase.
--
-- grain    entry_key
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
revenue as (
    select
        *,
        case when category = 'credit_drawdown' then list_amount else recognized_amount end as amount
    from int_revenue_recognized
    where category not in ('rolled', 'adjusted') and month is not null
),

lines as (
    select * from int_lines_classified where line_role = 'purchase' and is_counted and not is_draft and total_amount <> 0
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
            when component in ('drawdown', 'expiration') then 'deferred'
            when category = 'credit_drawdown' then 'credits'
        end as source_key,
        component in ('usage', 'fee', 'trueup') as is_billed,
        coalesce(month > booked_month, false) as is_in_advance,
        coalesce(month < booked_month, false) as is_in_arrears
    from revenue
    where amount <> 0
),

events as (
    select
        'purchase' as event, line_item_key as source_id, booked_month as month, customer_id, contract_id, product_id,
        balance_id, invoice_id, 'receivable' as debit_key, 'deferred' as credit_key, invoice_currency as currency,
        total_amount as posted_amount
    from lines
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
    from events
)

select * from final
