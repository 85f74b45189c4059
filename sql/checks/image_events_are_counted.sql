-- Events that name an image size and no number of images: how many there are of that size is not known.
--
-- severity warn
with
final as (
    select
        transaction_id,
        occurred_at,
        image_size
    from int_images_uncounted
)

select * from final order by transaction_id
