-- What metrics count that do not say it themselves, one row for each template of names.
--
-- grain    name_template
-- columns
--   name_template   text   a metric's name, with event properties in braces
--   name_pattern    text?  the same as a regular expression, a group for each property
--   property_names  text?  JSON list of the properties in the order of the groups
--   event_type      text?  the type of the events that count
--   aggregate       text?  count, latest, max, sum or unique
--   aggregate_key   text?  the property that is rolled up; null for a count
with
metrics as (
    select * from settings.metrics
),

final as (
    select
        name_template,
        name_pattern,
        property_names,
        event_type,
        aggregate,
        aggregate_key
    from metrics
)

select * from final
