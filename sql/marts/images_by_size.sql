-- How many images of each size were made in a range of days, both included, UTC.
--
-- grain    image_size
-- params   $images_from date = billing_month.first, $images_through date = billing_month.last
-- columns
--   image_size   text                         width x height; every size that a billable metric or any event names
--   image_count  decimal(38, 18)? [quantity]  images made in the range; null where an event does not tell how many
-- checks
--   image_count >= 0
with
images as (
    select * from int_events_counted where image_size is not null
),

billable_metrics as (
    select * from stg_egress__billable_metrics
),

-- Metrics name their size in words: `Images (256x256)`.
metric_sizes as (
    select regexp_match(lower(billable_metric_name), '([0-9]+)\s*[x×*]\s*([0-9]+)') as sides
    from billable_metrics
    where aggregate_keys like '%"num_images"%'
),

counted as (
    select
        image_size,
        day,
        image_count
    from images
    union all
    select
        sides[1] || 'x' || sides[2] as image_size,
        cast(null as date) as day,
        cast(null as decimal(38, 18)) as image_count
    from metric_sizes
    where sides is not null
),

final as (
    select
        image_size,
        money_total(image_count)
            filter (where day between $images_from and $images_through) as image_count
    from counted
    group by image_size
)

select * from final order by image_size
