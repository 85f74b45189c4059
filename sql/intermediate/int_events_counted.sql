-- How many events there are and how many images they made, one row for each day, type and image size, sizes written in one way; of
-- many events a row for each lake file too, which readers add up.
--
-- parts    egress.events
-- grain    day, event_type, image_size
-- columns
--   day           date?                        when they happened, UTC
--   event_type    text?                        kind of event
--   image_size    text?                        width x height, such as 256x256; null where they name none
--   event_count   integer                      events
--   image_count   decimal(38, 18)? [quantity]  images made; null where no size is named, or an event does not tell how many
--   uncounted_id  text?                        an event that names a size and does not tell how many
--   misshapen_id  text?                        an event whose properties are no object
with
events as (
    select * from stg_egress__events
),

read as (
    select
        transaction_id,
        cast(occurred_at as date) as day,
        event_type,
        properties is not null and properties <> 'null' and not starts_with(ltrim(properties), '{') as is_misshapen,
        case when properties like '%image_size%' then json_text(properties, 'image_size') end as written_size,
        case when properties like '%image_size%' then json_text(properties, 'num_images') end as written_count
    from events
),

sized as (
    select
        transaction_id,
        day,
        event_type,
        is_misshapen,
        replace(replace(replace(lower(written_size), ' ', ''), '×', 'x'), '*', 'x') as image_size,
        case when written_size is not null then try_exact_decimal(written_count) end as image_count
    from read
),

final as (
    select
        day,
        event_type,
        image_size,
        count(*) as event_count,
        money_total(image_count) as image_count,
        min(case when image_size is not null and image_count is null then transaction_id end) as uncounted_id,
        min(case when is_misshapen then transaction_id end) as misshapen_id
    from sized
    group by day, event_type, image_size
)

select * from final
