-- The calendar: every month that something is posted in, up to the newest of the data, whether it is closed, and by what.
with
closes as (
    select cast(period as date) as month, closed_at, run_id, reopened_at, reopen_reason from etl.closes
),

standing as (
    select *, row_number() over (partition by month order by closed_at desc) as recency from closes where reopened_at is null
),

newest as (
    select max(month) as closed_until from standing
),

undone as (
    select month, count(*) as times from closes where reopened_at is not null group by month
),

months as (
    select distinct month from journal_entries
    union
    select month from closes
),

entries as (
    select month, count(distinct entry_id) as entries from journal_entries group by month
),

told as (
    select
        months.month as first_day,
        case
            when standing.month is not null then 'closed'
            when months.month <= newest.closed_until then 'closed with a later one'
            when months.month > month_of(data.newest_at) then 'to come'
            when months.month = month_of(data.newest_at) then 'under way'
            else 'open'
        end as state,
        standing.closed_at,
        standing.run_id as closed_by,
        coalesce(undone.times, 0) as times_reopened,
        coalesce(entries.entries, 0) as journal_entries
    from months
    cross join newest
    cross join int_data_dated as data
    left join standing on months.month = standing.month and standing.recency = 1
    left join undone on months.month = undone.month
    left join entries on months.month = entries.month
)

select to_char(first_day, '%Y-%m') as month, state, closed_at, closed_by, times_reopened, journal_entries
from told
order by first_day
