-- Lines of journal entries that were posted with a close, one row each, those of closes that were undone among them.
--
-- grain    closed_run_id, month, entry_id, line_number
-- columns
--   closed_run_id      text                         the close
--   month              date?                        first day of the month it was posted in
--   entry_id           text?                        the entry
--   line_number        integer?                     the line in it
--   event              text?                        what happened
--   account_name       text?                        the account
--   account_type       text?                        asset, liability, revenue or contra_revenue
--   customer_id        text?                        the customer
--   contract_id        text?                        the contract
--   product_id         text?                        the product
--   balance_id         text?                        the commit concerned
--   invoice_id         text?                        the invoice
--   currency           text?                        currency of the amounts
--   debit_amount       decimal(38, 18)? [currency]  debited; null on a credit line
--   credit_amount      decimal(38, 18)? [currency]  credited; null on a debit line
--   corrects_month     date?                        first day of the closed month that it corrects
--   corrects_entry_id  text?                        the entry of that month that it corrects
with
postings as (
    select * from etl.postings
),

final as (
    select
        closed_run_id,
        cast(month as date) as month,
        entry_id,
        line_number,
        event,
        account_name,
        account_type,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        currency,
        debit_amount,
        credit_amount,
        cast(corrects_month as date) as corrects_month,
        corrects_entry_id
    from postings
)

select * from final
