-- Images made, one row for each day and size, sizes written in one way.
--
-- months   egress.events
-- grain    day, image_size
-- columns
--   day          date?                        when events happened, UTC
--   image_size   text                         width x height, such as 256x256
--   image_count  decimal(38, 18)? [quantity]  images made; null where an event does not tell how many
with
events as (
    select * from stg_egress__events where properties like '%image_size%'
),

read as (
    select
        cast(occurred_at as date) as day,
        json_text(properties, 'image_size') as written_size,
        json_text(properties, 'num_images') as written_count
    from events
),

final as (
    select
        day,
        replace(replace(replace(lower(written_size), ' ', ''), '×', 'x'), '*', 'x') as image_size,
        money_total(try_exact_decimal(written_count)) as image_count
    from read
    where written_size is not null
    group by 1, 2
)

select * from final
