-- Exceptions of the newest reports, one row for each code and what it does.
select severity, status, code, count(*) as found, min(first_seen) as first_seen, min(description) as description
from reconciliation_exceptions
group by severity, status, code
order by severity, status desc, code
