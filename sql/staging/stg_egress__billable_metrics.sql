-- Billable metrics, archived ones included, one row each.
--
-- grain    billable_metric_id
-- columns
--   billable_metric_id    text   the metric
--   billable_metric_name  text?  as it is shown on charges
--   aggregate             text?  how usage is rolled up, such as sum
--   aggregate_keys        text?  JSON list of the event properties it rolls up
with
metrics as (
    select * from current.billable_metric
),

final as (
    select
        id as billable_metric_id,
        name as billable_metric_name,
        lower(aggregate) as aggregate,
        aggregate_keys
    from metrics
)

select * from final
