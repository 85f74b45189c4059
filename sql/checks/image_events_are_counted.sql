-- Events that name an image size and no number of images: how many there are of that size is not known.
--
-- severity warn
with
image_events as (
    select * from int_image_events_sized
),

final as (
    select
        transaction_id,
        occurred_at,
        image_size
    from image_events
    where image_count is null
)

select * from final order by transaction_id
