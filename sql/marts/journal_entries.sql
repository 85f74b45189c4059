-- Journal entries of revenue in double entry, one row a line: what was billed, earned, lapsed and accrued.
--
-- An entry has two lines. Its id is made of what happened, to which line or ledger entry, in which month, so that it is the
-- same in every run. Accounts are those of `[accounts]` in settings.
--
-- grain    month, entry_id, line_number
-- period   month
-- params   $fiscal_year_start 01|02|03|04|05|06|07|08|09|10|11|12 = 01
-- columns
--   month          date                         first day of the month it is posted in
--   fiscal_period  text                         fiscal year and period of that month, such as FY2024-P03
--   entry_id       text                         the entry
--   line_number    integer                      1 the debit, 2 the credit
--   event          text                         purchase, prepaid_drawdown, expiration, on_demand, …, accrual, accrual reversed, earned before billing
--   account_name   text                         the account
--   account_type   text                         asset, liability, revenue or contra_revenue
--   customer_id    text?                        the customer
--   customer_name  text?                        its name
--   contract_id    text?                        the contract
--   product_id     text?                        the product
--   balance_id     text?                        the commit concerned
--   invoice_id     text?                        the invoice
--   currency       text?                        currency of the amounts
--   debit_amount   decimal(38, 18)? [currency]  debited; null on a credit line
--   credit_amount  decimal(38, 18)? [currency]  credited; null on a debit line
-- checks
--   debit_amount > 0 or credit_amount > 0
--   (debit_amount is null) <> (credit_amount is null)
with
entries as (
    select * from int_journal_posted
),

accounts as (
    select * from stg_settings__accounts
),

customers as (
    select * from int_customers_unified
),

sided as (
    select
        md5(entry_key) as entry_id,
        *,
        case when posted_amount < 0 then credit_key else debit_key end as debited_key,
        case when posted_amount < 0 then debit_key else credit_key end as credited_key,
        abs(posted_amount) as amount
    from entries
),

lined as (
    select *, cast(1 as bigint) as line_number, debited_key as account_key from sided
    union all
    select *, cast(2 as bigint) as line_number, credited_key as account_key from sided
),

final as (
    select
        lined.month,
        'FY' || to_char(add_months(lined.month, (13 - cast($fiscal_year_start as bigint)) % 12), '%Y-P%m') as fiscal_period,
        lined.entry_id,
        lined.line_number,
        lined.event,
        accounts.account_name,
        accounts.account_type,
        lined.customer_id,
        customers.customer_name,
        lined.contract_id,
        lined.product_id,
        lined.balance_id,
        lined.invoice_id,
        lined.currency,
        case when lined.line_number = 1 then lined.amount end as debit_amount,
        case when lined.line_number = 2 then lined.amount end as credit_amount
    from lined
    left join accounts on lined.account_key = accounts.account_key
    left join customers on lined.customer_id = customers.customer_id
)

select * from final order by month, entry_id, line_number
