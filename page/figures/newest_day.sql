-- The day that the data stands for.
--
-- grain    as_of_date
-- columns
--   as_of_date     date?    the day that ages are counted to
--   invoice_count  integer  invoices of any status
select
    max(as_of_date) as as_of_date,
    count(*) as invoice_count
from invoice_status
order by as_of_date
