-- What does not reconcile, by what is wrong.
--
-- grain    code, severity, status
-- columns
--   code             text     what is wrong
--   description      text?    the same in words
--   severity         text     what it does while it is open: block or warn
--   status           text     open or accepted
--   exception_count  integer  exceptions
--   first_seen       date?    the day of the newest data when the first of them was found
select
    code,
    max(description) as description,
    severity,
    status,
    count(*) as exception_count,
    min(first_seen) as first_seen
from reconciliation_exceptions
group by code, severity, status
order by severity, status desc, count(*) desc, code
