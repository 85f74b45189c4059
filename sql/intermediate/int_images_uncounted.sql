-- Events that name an image size and give no number of images, one row each.
--
-- months   egress.events
-- grain    transaction_id
-- columns
--   transaction_id  text        the event
--   occurred_at     timestamp?  when it happened, UTC
--   image_size      text        width x height, such as 256x256
with
events as (
    select * from stg_egress__events where properties like '%image_size%'
),

read as (
    select
        transaction_id,
        occurred_at,
        json_text(properties, 'image_size') as written_size,
        json_text(properties, 'num_images') as written_count
    from events
),

final as (
    select
        transaction_id,
        occurred_at,
        replace(replace(replace(lower(written_size), ' ', ''), '×', 'x'), '*', 'x') as image_size
    from read
    where written_size is not null and try_exact_decimal(written_count) is null
)

select * from final
