-- Lines of journal entries as they are computed now, whatever has been posted: one row each, two an entry.
--
-- An entry's id is made of what happened, to which line or ledger entry, in which month, so that it is the same in every run.
-- Accounts are those of `[accounts]` in settings.
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
        lined.entry_id,
        lined.line_number,
        lined.month,
        lined.event,
        accounts.account_name,
        accounts.account_type,
        lined.customer_id,
        lined.contract_id,
        lined.product_id,
        lined.balance_id,
        lined.invoice_id,
        lined.currency,
        case when lined.line_number = 1 then lined.amount end as debit_amount,
        case when lined.line_number = 2 then lined.amount end as credit_amount
    from lined
    left join accounts on lined.account_key = accounts.account_key
)

select * from final
