-- Lines of journal entries as they are computed now, whatever has been posted: one row each, two an entry.
--
-- An entry's id is made of what happened, to which line or ledger entry, in which month, so that it is the same in every run.
-- Accounts are those of `[accounts]` in settings: the product's own where it has one, else the customer's, else everybody's. In a hierarchy of customers a line is that of the customer whose account it is:
-- who pays an invoice owes it, and what is deferred is owed to whoever bought the commit, whichever of them used it.
--
-- grain    entry_id, line_number
-- columns
--   entry_id       text                         the entry
--   line_number    integer                      1 the debit, 2 the credit
--   month          date                         first day of the month it belongs to, UTC
--   event          text                         what happened
--   account_name   text?                        the account
--   account_type   text?                        asset, liability, revenue or contra_revenue
--   customer_id    text?                        the customer
--   contract_id    text?                        the contract
--   product_id     text?                        the product
--   balance_id     text?                        the commit concerned
--   invoice_id     text?                        the invoice
--   currency       text?                        currency of the amounts
--   debit_amount   decimal(38, 18)? [currency]  debited; null on a credit line
--   credit_amount  decimal(38, 18)? [currency]  credited; null on a debit line
with
entries as (
    select * from int_journal_posted
),

accounts as (
    select * from stg_settings__accounts
),

of_products as (
    select account_key, owner_id, account_name from int_accounts_owned where owner = 'product'
),

of_customers as (
    select account_key, owner_id, account_name from int_accounts_owned where owner = 'customer'
),

payers as (
    select invoice_id, payer_customer_id, payer_contract_id from int_invoices_unified where payer_customer_id is not null
),

owners as (
    select * from int_balances_owned
),

sided as (
    select
        md5(entries.entry_key) as entry_id,
        entries.*,
        payers.payer_customer_id,
        payers.payer_contract_id,
        case when owners.customer_id <> entries.customer_id then owners.customer_id end as owner_customer_id,
        owners.contract_id as owner_contract_id,
        case when posted_amount < 0 then credit_key else debit_key end as debited_key,
        case when posted_amount < 0 then debit_key else credit_key end as credited_key,
        abs(posted_amount) as amount
    from entries
    left join payers on entries.invoice_id = payers.invoice_id
    left join owners on entries.balance_id = owners.balance_id
),

lined as (
    select *, cast(1 as bigint) as line_number, debited_key as account_key from sided
    union all
    select *, cast(2 as bigint) as line_number, credited_key as account_key from sided
),

held as (
    select
        *,
        case
            when account_key in ('receivable', 'unbilled') then payer_customer_id
            when account_key = 'deferred' then owner_customer_id
        end as holder_customer_id,
        case when account_key = 'deferred' then owner_contract_id else payer_contract_id end as holder_contract_id
    from lined
),

whose as (
    select
        *,
        coalesce(holder_customer_id, customer_id) as account_customer_id,
        case when holder_customer_id is null then contract_id else holder_contract_id end as account_contract_id
    from held
),

final as (
    select
        whose.entry_id,
        whose.line_number,
        whose.month,
        whose.event,
        coalesce(of_products.account_name, of_customers.account_name, accounts.account_name) as account_name,
        accounts.account_type,
        whose.account_customer_id as customer_id,
        whose.account_contract_id as contract_id,
        whose.product_id,
        whose.balance_id,
        whose.invoice_id,
        whose.currency,
        case when whose.line_number = 1 then whose.amount end as debit_amount,
        case when whose.line_number = 2 then whose.amount end as credit_amount
    from whose
    left join accounts on whose.account_key = accounts.account_key
    left join of_products on whose.account_key = of_products.account_key and whose.product_id = of_products.owner_id
    left join of_customers
        on whose.account_key = of_customers.account_key and whose.account_customer_id = of_customers.owner_id
)

select * from final
