-- Journal entries of revenue in double entry, one row a line: what was billed, earned, lapsed and accrued.
--
-- An entry has two lines. Its id is made of what happened, to which line or ledger entry, in which month, so that it is the
-- same in every run. Accounts are those of `[accounts]` in settings. Entries of a closed month stay as they were posted; what
-- would be another entry there by now is corrected by one of the first open month, of as many lines as it takes, which names
-- the month and the entry. So the lines of all months add up to what is computed now, by account, customer and currency.
--
-- grain    month, entry_id, line_number
-- period   month
-- params   $fiscal_year_start 01|02|03|04|05|06|07|08|09|10|11|12 = 01
-- columns
--   month              date                         first day of the month it is posted in
--   fiscal_period      text                         fiscal year and period of that month, such as FY2024-P03
--   entry_id           text                         the entry
--   line_number        integer                      1 the debit, 2 the credit; a correction may have more of both, debits first
--   event              text                         purchase, prepaid_drawdown, expiration, on_demand, …, accrual, accrual reversed, earned before billing; of a correction, what is corrected
--   account_name       text                         the account
--   account_type       text                         asset, liability, revenue or contra_revenue
--   customer_id        text?                        the customer
--   customer_name      text?                        its name
--   contract_id        text?                        the contract
--   product_id         text?                        the product
--   balance_id         text?                        the commit concerned
--   invoice_id         text?                        the invoice
--   currency           text?                        currency of the amounts
--   debit_amount       decimal(38, 18)? [currency]  debited; null on a credit line
--   credit_amount      decimal(38, 18)? [currency]  credited; null on a debit line
--   corrects_month     date?                        first day of the closed month that it corrects; null where it corrects none
--   corrects_entry_id  text?                        the entry of that month that it corrects, whether it was posted or is missing there
-- checks
--   debit_amount > 0 or credit_amount > 0
--   (debit_amount is null) <> (credit_amount is null)
--   corrects_month < month
with
lines as (
    select * from int_journal_corrected
),

customers as (
    select * from int_customers_unified
),

final as (
    select
        lines.month,
        'FY' || to_char(add_months(lines.month, (13 - cast($fiscal_year_start as bigint)) % 12), '%Y-P%m') as fiscal_period,
        lines.entry_id,
        lines.line_number,
        lines.event,
        lines.account_name,
        lines.account_type,
        lines.customer_id,
        customers.customer_name,
        lines.contract_id,
        lines.product_id,
        lines.balance_id,
        lines.invoice_id,
        lines.currency,
        lines.debit_amount,
        lines.credit_amount,
        lines.corrects_month,
        lines.corrects_entry_id
    from lines
    left join customers on lines.customer_id = customers.customer_id
)

select * from final order by month, entry_id, line_number
