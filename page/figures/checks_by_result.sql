-- The checks of the last run: each that found rows, and how many held.
--
-- grain    check_name, severity
-- columns
--   check_name      text?    the rule; null of all those that hold
--   severity        text     what a broken one does: block, warn or info
--   check_count     integer  rules
--   offending_rows  integer  rows that break it
--   first_row       text?    the first of them, a JSON object
with
checks as (
    select
        case when offending_rows > 0 then check_name end as check_name,
        severity,
        offending_rows,
        first_row
    from etl.checks
)
select
    check_name,
    severity,
    count(*) as check_count,
    cast(coalesce(max(offending_rows), 0) as bigint) as offending_rows,
    max(first_row) as first_row
from checks
group by check_name, severity
order by check_name is null, severity, check_name
