-- What is to be posted for what happened, one row each, before contracts of which more is earned than billed are looked at.
--
-- What is earned after the month it is billed in passes through deferred revenue, what is earned before it through unbilled
-- receivables: so receivables of a month are the invoices issued in it. What drafts have earned is accrued in its month, and
-- taken back in the month after the newest data: until then it stands, whatever months the draft covers.
--
-- grain    event, source_id, month
-- columns
--   event          text                        what happened
--   source_id      text                        to what
--   month          date                        first day of the month it is posted in, UTC
--   customer_id    text?                       the customer
--   contract_id    text?                       the contract
--   product_id     text?                       the product
--   balance_id     text?                       the commit concerned
--   invoice_id     text?                       the invoice
--   debit_key      text                        account debited, as settings name it
--   credit_key     text                        account credited
--   currency       text?                       currency of the amount
--   posted_amount  decimal(38, 18) [currency]  may be negative: then the sides are exchanged
with
bookings as (
    select * from int_deferrals_booked
),

kinds as (
    select * from int_revenue_keyed
),

final as (
    select
        'purchase' as event, booking_id as source_id, booked_month as month, customer_id, contract_id, product_id,
        balance_id, invoice_id, case when is_billed_elsewhere then 'elsewhere' else 'receivable' end as debit_key,
        'deferred' as credit_key, currency, total_amount as posted_amount
    from bookings
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
)

select * from final
