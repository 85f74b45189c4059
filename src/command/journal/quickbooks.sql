-- Columns of QuickBooks Online's template. Lines of one number, which has 21 characters at most, are one entry, in one currency.
select
    left(entry_id, 17) || '-' || currency as "Journal No.",
    to_char(posting_date, '%m/%d/%Y') as "Journal Date",
    account_name as "Account Name",
    debit_amount as "Debits",
    credit_amount as "Credits",
    memo as "Description",
    customer_name as "Name",
    currency as "Currency"
from postable_journal
where month = date '{month}' and coalesce(debit_amount, credit_amount) <> 0
order by entry_id, currency, line_number
