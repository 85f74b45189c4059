-- What billable metrics that are not mapped may count, one row for each name template: where the words of their names and the
-- sums of events allow one answer only.
--
-- A name such as `Images (256x256)` is taken for a template with one event property in the place of what stands in brackets. A
-- type of event and a property fit if the events of that type whose property has that value come to what was billed, on the
-- twenty-four smallest quantities of the template. Nothing is assumed by itself: this is what to write into settings.
--
-- grain    name_template
-- columns
--   name_template  text     the metrics' names, the property in braces
--   name_prefix    text     of those names: what stands before the bracket, or the whole name
--   name_suffix    text?    what stands behind it; null where the name has no bracket
--   settings_line  text     the line of [metrics]
--   fitting_count  integer  billed quantities that it was held against
with
chosen as (
    select * from int_metrics_proposed_chosen
),

placed as (
    select * from int_metrics_proposed_events
),

keyed as (
    select *, case when folded_word is null then '' else unnest(json_keys(properties)) end as property_key from placed
),

fitting as (
    select *
    from keyed
    where folded_word is null
        or replace(replace(replace(lower(json_text(properties, property_key)), ' ', ''), '×', 'x'), '*', 'x') = folded_word
),

counted as (
    select distinct
        billed_id, name_prefix, name_suffix, aggregate, aggregate_key, billed_quantity, event_type, property_key,
        transaction_id, occurred_at, json_text(properties, aggregate_key) as written
    from fitting
),

recent as (
    select
        *,
        try_exact_decimal(written) as number,
        row_number() over (
            partition by billed_id, event_type, property_key order by occurred_at desc, transaction_id desc
        ) as recency
    from counted
),

rolled_up as (
    select
        billed_id,
        name_prefix,
        name_suffix,
        aggregate,
        aggregate_key,
        billed_quantity,
        event_type,
        property_key,
        case
            when aggregate = 'sum' then money_total(number)
            when aggregate = 'max' then max(number)
            when aggregate = 'latest' then max(case when recency = 1 then number end)
            when aggregate = 'unique' then cast(count(distinct written) as decimal(38, 18))
            else cast(count(*) as decimal(38, 18))
        end as metered_quantity
    from recent
    group by billed_id, name_prefix, name_suffix, aggregate, aggregate_key, billed_quantity, event_type, property_key
),

asked as (
    select name_prefix, name_suffix, aggregate, aggregate_key, count(*) as billed_count
    from chosen
    group by name_prefix, name_suffix, aggregate, aggregate_key
),

answers as (
    select
        name_prefix, name_suffix, aggregate, aggregate_key, event_type, property_key,
        count(*) filter (where metered_quantity = billed_quantity) as fitting_count
    from rolled_up
    group by name_prefix, name_suffix, aggregate, aggregate_key, event_type, property_key
),

whole as (
    select
        answers.*,
        count(*) over (partition by answers.name_prefix, answers.name_suffix) as answer_count
    from answers
    inner join asked
        on answers.name_prefix = asked.name_prefix
        and (answers.name_suffix is not distinct from asked.name_suffix)
        and answers.aggregate = asked.aggregate
        and (answers.aggregate_key is not distinct from asked.aggregate_key)
        and answers.fitting_count = asked.billed_count
),

lined as (
    select
        name_prefix || case when property_key = '' then '' else '({' || property_key || '})' end || coalesce(name_suffix, '')
            as name_template,
        name_prefix,
        name_suffix,
        '{ event_type = "' || event_type || '", aggregate = "' || aggregate || '"'
        || case when aggregate = 'count' then '' else ', key = "' || aggregate_key || '"' end || ' }' as meaning,
        fitting_count
    from whole
    -- A count that names no property would fit any events that there are as many of.
    where answer_count = 1 and (property_key <> '' or fitting_count > 1 or aggregate <> 'count')
),

final as (
    select
        name_template,
        name_prefix,
        name_suffix,
        '"' || name_template || '" = ' || meaning as settings_line,
        fitting_count
    from lined
)

select * from final
