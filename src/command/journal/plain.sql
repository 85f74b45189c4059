-- The lines of a month as they are, but for those of nothing.
select
    posting_date, entry_id, line_number, memo, account_name, customer_name, currency, debit_amount, credit_amount, customer_id,
    contract_id, product_id, invoice_id, corrects_month, corrects_entry_id, reverses_entry_id
from postable_journal
where month = date '{month}' and coalesce(debit_amount, credit_amount) <> 0
order by entry_id, currency, line_number
