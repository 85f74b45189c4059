-- Billable metrics as the API lists them, archived ones included, one row each.
--
-- grain    billable_metric_id
-- columns
--   billable_metric_id    text   the metric
--   billable_metric_name  text?  as it is shown
--   aggregate             text?  count, latest, max, sum or unique, in lower case; null where the metric is a query
--   aggregate_key         text?  the event property that is rolled up; null for a count
--   event_types           text?  JSON list of the event types that count; null for any
--   other_event_types     text?  JSON list of the event types that do not
--   property_filters      text?  JSON list of what properties an event must have
with
metrics as (
    select * from api.billable_metrics
),

final as (
    select
        id as billable_metric_id,
        name as billable_metric_name,
        lower(aggregation_type) as aggregate,
        aggregation_key as aggregate_key,
        event_type_filter_in_values as event_types,
        event_type_filter_not_in_values as other_event_types,
        property_filters
    from metrics
)

select * from final
