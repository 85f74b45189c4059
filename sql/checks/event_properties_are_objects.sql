-- Events whose properties are no object, by day and type, with one of them: they would be in no figure.
--
-- severity block
with
events as (
    select * from int_events_counted
),

final as (
    select
        min(misshapen_id) as misshapen_id,
        day,
        event_type
    from events
    where misshapen_id is not null
    group by day, event_type
)

select * from final order by day, event_type, misshapen_id
