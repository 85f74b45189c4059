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
mapped as (
    select * from int_metrics_mapped where mapped_by is null
),

definitions as (
    select * from stg_egress__billable_metrics
),

billed as (
    select * from int_billed_quantities where billed_quantity > 0
),

customer_references as (
    select * from int_customer_references where not is_shared
),

events as (
    select * from stg_egress__events
),

metrics as (
    select
        mapped.billable_metric_id,
        definitions.aggregate,
        json_elements(definitions.aggregate_keys)[1] as aggregate_key,
        regexp_match(mapped.billable_metric_name, '^(.*)\(([^()]+)\)([^()]*)$') as words,
        mapped.billable_metric_name as metric_name
    from mapped
    inner join definitions on mapped.billable_metric_id = definitions.billable_metric_id
    where mapped.billable_metric_name is not null
        and definitions.aggregate in ('count', 'sum', 'max', 'latest', 'unique')
),

named as (
    select
        billable_metric_id,
        aggregate,
        aggregate_key,
        coalesce(words[1], metric_name) as name_prefix,
        words[3] as name_suffix,
        replace(replace(replace(lower(words[2]), ' ', ''), '×', 'x'), '*', 'x') as folded_word
    from metrics
),

measured as (
    select
        named.*,
        billed.billed_id,
        billed.customer_id,
        billed.starting_at,
        billed.ending_before,
        billed.billed_quantity,
        row_number() over (
            partition by named.name_prefix, named.name_suffix, named.aggregate, named.aggregate_key
            order by billed.billed_quantity, billed.billed_id
        ) as place
    from named
    inner join billed on named.billable_metric_id = billed.billable_metric_id
),

chosen as (
    select * from measured where place <= 24
),

placed as (
    select
        chosen.*,
        events.transaction_id,
        events.event_type,
        events.occurred_at,
        events.properties
    from events
    inner join customer_references on events.customer_reference = customer_references.customer_reference
    inner join chosen
        on customer_references.customer_id = chosen.customer_id
        and chosen.starting_at <= events.occurred_at
        and events.occurred_at < chosen.ending_before
    where events.event_type is not null
        and (chosen.aggregate = 'count' or json_text(events.properties, chosen.aggregate_key) is not null)
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
