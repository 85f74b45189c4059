-- What is asked of raw events for each billed quantity, one row for each month of it, each name that events of the customer come
-- under, and each type of event that counts.
--
-- A row of its own for each month, so that an event meets those of its month alone. Metrics of which it is not known what they count
-- ask nothing.
--
-- grain    billed_id, month, customer_reference, event_type
-- columns
--   billed_id           text        the sub line, or invoice and product
--   month               date        first day of a month of its service period, UTC
--   customer_reference  text        the name that events come under
--   is_shared           boolean     whether several customers have that name
--   event_type          text?       type of event that counts; null for any
--   starting_at         timestamp   begin of the service period, UTC
--   ending_before       timestamp   end of it, exclusive, UTC
--   aggregate           text        count, latest, max, sum or unique
--   aggregate_key       text?       the event property that is rolled up
--   other_event_types   text?       JSON list of event types that do not count
--   property_filters    text?       JSON list of filters that an event passes all of
with
billed as (
    select * from int_billed_quantities
),

metrics as (
    select * from int_metrics_mapped
),

customer_references as (
    select * from int_customer_references
),

listing_metrics as (
    select distinct billable_metric_id
    from (
        select billable_metric_id, unnest(json_elements(property_filters)) as property_filter
        from metrics
        where property_filters is not null
    )
    where array_length(json_elements(json_text(property_filter, 'in_values'))) > 0
),

-- Events count by their type, or by the values that filters list; a metric that says neither takes none.
metric_types as (
    select distinct billable_metric_id, unnest(json_elements(event_types)) as event_type
    from metrics
    where event_types is not null
    union all
    select metrics.billable_metric_id, cast(null as varchar) as event_type
    from metrics
    inner join listing_metrics on metrics.billable_metric_id = listing_metrics.billable_metric_id
    where metrics.event_types is null
),

billed_months as (
    select *, unnest(months_through(month_of(starting_at), month_of(ending_before))) as month from billed
),

final as (
    select
        billed.billed_id,
        billed.month,
        customer_references.customer_reference,
        customer_references.is_shared,
        metric_types.event_type,
        billed.starting_at,
        billed.ending_before,
        metrics.aggregate,
        metrics.aggregate_key,
        metrics.other_event_types,
        metrics.property_filters
    from billed_months as billed
    inner join metrics on billed.billable_metric_id = metrics.billable_metric_id
    inner join metric_types on billed.billable_metric_id = metric_types.billable_metric_id
    inner join customer_references on billed.customer_id = customer_references.customer_id
    where metrics.mapped_by is not null
)

select * from final
