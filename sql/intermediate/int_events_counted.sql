-- How many events there are, one row for each month and type.
--
-- months   egress.events
-- grain    month, event_type
-- columns
--   month        date?    first day of the month they happened in, UTC
--   event_type   text?    kind of event
--   event_count  integer  events
with
events as (
    select * from stg_egress__events
),

final as (
    select
        month_of(occurred_at) as month,
        event_type,
        count(*) as event_count
    from events
    group by 1, 2
)

select * from final
