-- What was looked at before a month was closed, one row each: every check with how many rows break it, every code of exceptions with
-- how many are open, and whatever was accepted: why, by whom, when and until when.
with
checks as (
    select
        'check' as kind,
        check_name as item,
        severity,
        case when offending_rows = 0 then 'holds' else 'warns' end as result,
        offending_rows as found,
        first_row as detail,
        cast(null as varchar) as reason,
        cast(null as varchar) as accepted_by,
        cast(null as timestamp(6) with time zone) as accepted_at,
        cast(null as date) as accepted_until
    from closing_checks
),

-- One that was accepted again stands as it was accepted last.
acceptances as (
    select *, row_number() over (partition by exception_id order by accepted_at desc, period desc) as recency
    from closing_acceptances
),

open_exceptions as (
    select
        'exceptions' as kind,
        code as item,
        min(severity) as severity,
        'open' as result,
        count(*) as found,
        min(description) as detail,
        cast(null as varchar) as reason,
        cast(null as varchar) as accepted_by,
        cast(null as timestamp(6) with time zone) as accepted_at,
        cast(null as date) as accepted_until
    from reconciliation_exceptions
    where status = 'open'
    group by code
),

accepted_exceptions as (
    select
        'accepted exception' as kind,
        exceptions.code || ' ' || exceptions.item as item,
        exceptions.severity,
        'accepted' as result,
        cast(1 as bigint) as found,
        exceptions.description as detail,
        acceptances.reason,
        acceptances.accepted_by,
        acceptances.accepted_at,
        cast(acceptances.until as date) as accepted_until
    from reconciliation_exceptions as exceptions
    inner join acceptances on exceptions.exception_id = acceptances.exception_id
    where exceptions.status = 'accepted' and acceptances.recency = 1
),

accepted_obstacles as (
    select
        'accepted obstacle' as kind,
        code as item,
        'block' as severity,
        'accepted' as result,
        cast(1 as bigint) as found,
        'spoke against closing the month' as detail,
        reason,
        accepted_by,
        accepted_at,
        cast(until as date) as accepted_until
    from acceptances
    where exception_id = code || '/{month}' and recency = 1
)

select kind, item, severity, result, found, detail, reason, accepted_by, accepted_at, accepted_until
from (
    select * from checks
    union all
    select * from open_exceptions
    union all
    select * from accepted_exceptions
    union all
    select * from accepted_obstacles
)
order by kind, item, accepted_at
