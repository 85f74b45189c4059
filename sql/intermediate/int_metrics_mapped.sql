-- What billable metrics count, one row each: which events, which property of them, rolled up how. The one place that says so.
--
-- A template of settings that fits the name says all of it; else the metric's own definition, which today's metrics of the API
-- have and those of exports have not. Nothing is guessed.
--
-- grain    billable_metric_id
-- columns
--   billable_metric_id    text   the metric
--   billable_metric_name  text?  as it is shown
--   aggregate             text?  count, latest, max, sum or unique
--   aggregate_key         text?  the event property that is rolled up; null for a count
--   event_types           text?  JSON list of event types that count; null for any
--   other_event_types     text?  JSON list of event types that do not count; null for none
--   property_filters      text?  JSON list of filters: name, exists, in_values, not_in_values; null for none
--   mapped_by             text?  settings or definition; null where it is not known what the metric counts
with
api_metrics as (
    select * from stg_api__billable_metrics
),

export_metrics as (
    select * from stg_egress__billable_metrics
),

templates as (
    select * from stg_settings__metrics
),

listed as (
    select billable_metric_id, billable_metric_name from api_metrics
    union all
    select billable_metric_id, billable_metric_name
    from export_metrics
    left anti join api_metrics on export_metrics.billable_metric_id = api_metrics.billable_metric_id
),

fitting as (
    select
        listed.billable_metric_id,
        templates.*,
        regexp_match(listed.billable_metric_name, templates.name_pattern) as words,
        -- Where several fit, the one with the fewest properties is nearest.
        row_number() over (
            partition by listed.billable_metric_id
            order by array_length(json_elements(templates.property_names)), templates.name_template
        ) as place
    from listed
    inner join templates on regexp_like(listed.billable_metric_name, templates.name_pattern)
),

named as (
    select
        billable_metric_id,
        unnest(json_elements(property_names)) as property_name,
        unnest(words) as word
    from fitting
    where place = 1
),

filters as (
    select
        billable_metric_id,
        '[' || string_agg(
            '{"name":"' || property_name || '","in_values":["' || replace(replace(word, '\', '\\'), '"', '\"') || '"]}',
            ',' order by property_name
        ) || ']' as property_filters
    from named
    where property_name is not null
    group by billable_metric_id
),

final as (
    select
        listed.billable_metric_id,
        listed.billable_metric_name,
        case when fitting.place = 1 then fitting.aggregate else api_metrics.aggregate end as aggregate,
        case when fitting.place = 1 then fitting.aggregate_key else api_metrics.aggregate_key end as aggregate_key,
        case when fitting.place = 1 then '["' || fitting.event_type || '"]' else api_metrics.event_types end
            as event_types,
        case when fitting.place is null then api_metrics.other_event_types end as other_event_types,
        case when fitting.place = 1 then filters.property_filters else api_metrics.property_filters end as property_filters,
        case when fitting.place = 1 then 'settings' when api_metrics.aggregate is not null then 'definition' end as mapped_by
    from listed
    left join fitting on listed.billable_metric_id = fitting.billable_metric_id and fitting.place = 1
    left join filters on listed.billable_metric_id = filters.billable_metric_id
    left join api_metrics on listed.billable_metric_id = api_metrics.billable_metric_id
)

select * from final
