-- Events that name an image size and no number of images, by day and size, with one of them: how many there are of that size is not
-- known.
--
-- severity warn
with
events as (
    select * from int_events_counted
),

final as (
    select
        min(uncounted_id) as uncounted_id,
        day,
        image_size
    from events
    where uncounted_id is not null
    group by day, image_size, event_type
)

select * from final order by day, image_size, uncounted_id
