-- Metrics that count images, where there are events and none of them names an image size: images_by_size says 0 of every size.
--
-- severity warn
with
billable_metrics as (
    select * from stg_egress__billable_metrics
),

events as (
    select * from int_events_counted
),

images as (
    select * from events where image_size is not null
),

event_types as (
    select string_agg(event_type, ', ' order by event_type) as event_types
    from (select distinct event_type from events where event_type is not null)
),

final as (
    select
        billable_metrics.billable_metric_id,
        billable_metrics.billable_metric_name,
        event_types.event_types
    from billable_metrics
    cross join event_types
    where billable_metrics.aggregate_keys like '%"num_images"%'
        and event_types.event_types is not null
        and not exists (select 1 from images)
)

select * from final order by billable_metric_id
