-- What the raw events of a month come to for each billed quantity, one row each; of a metric that counts different values a row
-- for each of them.
--
-- months   egress.events
-- grain    billed_id, month, unique_value
-- columns
--   billed_id     text                         the sub line, or invoice and product
--   month         date                         first day of the month the events happened in, UTC
--   unique_value  text?                        one of the values; null for other metrics, and for events without one
--   event_count   integer                      events that count
--   unread_count  integer                      those of them without a number where the metric needs one
--   is_shared     boolean                      whether an event came under a name that several customers have
--   added         decimal(38, 18)? [quantity]  the sum of their numbers
--   highest       decimal(38, 18)? [quantity]  the highest of them
--   newest        decimal(38, 18)? [quantity]  the number of the last event
with
billed as (
    select * from int_billed_quantities
),

metrics as (
    select * from int_metrics_mapped
),

events as (
    select * from stg_egress__events
),

customer_references as (
    select * from int_customer_references
),

metric_types as (
    select billable_metric_id, unnest(json_elements(event_types)) as event_type
    from metrics
    where event_types is not null
),

filter_lists as (
    select billable_metric_id, json_elements(property_filters) as filters from metrics where property_filters is not null
),

filters as (
    select
        billable_metric_id,
        unnest(filters) as filter,
        unnest(range(0, cast(array_length(filters) as bigint))) as filter_number
    from filter_lists
),

read_filters as (
    select
        billable_metric_id,
        filter_number,
        json_text(filter, 'name') as property_key,
        json_text(filter, 'exists') as must_exist,
        json_elements(json_text(filter, 'in_values')) as in_values,
        json_elements(json_text(filter, 'not_in_values')) as not_in_values
    from filters
),

accepted as (
    select billable_metric_id, filter_number, property_key, unnest(in_values) as value
    from read_filters
),

accepted_folded as (
    select distinct
        billable_metric_id,
        filter_number,
        property_key,
        replace(replace(replace(lower(value), ' ', ''), '×', 'x'), '*', 'x') as folded_value
    from accepted
),

filter_counts as (
    select billable_metric_id, count(distinct filter_number) as filter_count
    from accepted_folded
    group by billable_metric_id
),

asked_keys as (
    select distinct property_key from accepted_folded
),

placed_events as (
    select
        events.transaction_id,
        customer_references.customer_id,
        customer_references.is_shared,
        events.event_type,
        events.occurred_at,
        events.properties
    from events
    inner join customer_references on events.customer_reference = customer_references.customer_reference
    inner join (select distinct customer_id from billed) as customers
        on customer_references.customer_id = customers.customer_id
),

event_values as (
    select
        placed_events.transaction_id,
        placed_events.customer_id,
        asked_keys.property_key,
        replace(
            replace(replace(lower(json_text(placed_events.properties, asked_keys.property_key)), ' ', ''), '×', 'x'),
            '*',
            'x'
        ) as folded_value
    from placed_events
    cross join asked_keys
),

-- Which events pass the filters that list values; metrics without such filters take all of their types.
passed as (
    select
        event_values.transaction_id,
        event_values.customer_id,
        accepted_folded.billable_metric_id,
        count(distinct accepted_folded.filter_number) as filter_count
    from event_values
    inner join accepted_folded
        on event_values.property_key = accepted_folded.property_key
        and event_values.folded_value = accepted_folded.folded_value
    group by event_values.transaction_id, event_values.customer_id, accepted_folded.billable_metric_id
),

candidates as (
    select passed.transaction_id, passed.customer_id, passed.billable_metric_id
    from passed
    inner join filter_counts
        on passed.billable_metric_id = filter_counts.billable_metric_id
        and passed.filter_count = filter_counts.filter_count
    union all
    select placed_events.transaction_id, placed_events.customer_id, metric_types.billable_metric_id
    from placed_events
    inner join metric_types on placed_events.event_type = metric_types.event_type
    left anti join filter_counts on metric_types.billable_metric_id = filter_counts.billable_metric_id
),

typed as (
    select
        candidates.billable_metric_id,
        metrics.aggregate,
        metrics.aggregate_key,
        placed_events.transaction_id,
        placed_events.customer_id,
        placed_events.is_shared,
        placed_events.occurred_at,
        placed_events.properties
    from candidates
    inner join placed_events
        on candidates.transaction_id = placed_events.transaction_id and candidates.customer_id = placed_events.customer_id
    inner join metrics on candidates.billable_metric_id = metrics.billable_metric_id
    left join metric_types
        on candidates.billable_metric_id = metric_types.billable_metric_id
        and placed_events.event_type = metric_types.event_type
    where metrics.mapped_by is not null
        and (metrics.event_types is null or metric_types.event_type is not null)
        and not coalesce(array_has(json_elements(metrics.other_event_types), placed_events.event_type), false)
),

-- The other filters: a property that must be there or not, or must not have a value.
refused as (
    select distinct typed.billable_metric_id, typed.transaction_id
    from typed
    inner join read_filters on typed.billable_metric_id = read_filters.billable_metric_id
    where (read_filters.must_exist = 'true' and json_text(typed.properties, read_filters.property_key) is null)
        or (read_filters.must_exist = 'false' and json_text(typed.properties, read_filters.property_key) is not null)
        or coalesce(
            array_has(read_filters.not_in_values, json_text(typed.properties, read_filters.property_key)), false
        )
),

counted as (
    select
        typed.*,
        json_text(typed.properties, typed.aggregate_key) as written,
        try_exact_decimal(json_text(typed.properties, typed.aggregate_key)) as number
    from typed
    left anti join refused
        on typed.billable_metric_id = refused.billable_metric_id and typed.transaction_id = refused.transaction_id
),

joined as (
    select
        billed.billed_id,
        month_of(counted.occurred_at) as month,
        case when counted.aggregate = 'unique' then counted.written end as unique_value,
        counted.*,
        row_number() over (
            partition by billed.billed_id, month_of(counted.occurred_at)
            order by counted.occurred_at desc, counted.transaction_id desc
        ) as recency
    from billed
    inner join counted
        on billed.billable_metric_id = counted.billable_metric_id
        and billed.customer_id = counted.customer_id
        and billed.starting_at <= counted.occurred_at
        and counted.occurred_at < billed.ending_before
),

final as (
    select
        billed_id,
        month,
        unique_value,
        count(*) as event_count,
        count(*) filter (where aggregate <> 'count' and aggregate <> 'unique' and number is null) as unread_count,
        bool_or(is_shared) as is_shared,
        money_sum(number) as added,
        max(number) as highest,
        max(case when recency = 1 then number end) as newest
    from joined
    group by billed_id, month, unique_value
)

select * from final
