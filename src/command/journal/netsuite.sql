-- Columns of a journal entry as NetSuite's import assistant knows them. Lines of one External ID are one entry, in one currency.
select
    entry_id || '-' || currency as "External ID",
    to_char(posting_date, '%m/%d/%Y') as "Date",
    to_char(month, '%b %Y') as "Posting Period",
    currency as "Currency",
    account_name as "Account",
    debit_amount as "Debit",
    credit_amount as "Credit",
    memo as "Line Memo",
    customer_name as "Name"
from postable_journal
where month = date '{month}' and coalesce(debit_amount, credit_amount) <> 0
order by entry_id, currency, line_number
