-- What the raw events of a day come to for each billed quantity, one row each; of a metric that counts different values a row for
-- each of them in place of days, and of many events a row for each lake file too, which readers add up.
--
-- parts    egress.events
-- grain    billed_id, day, unique_value
-- columns
--   billed_id     text                         the sub line, or invoice and product
--   day           date                         day the events happened on, the first one of a value, UTC
--   unique_value  text?                        one of the values; null for other metrics, and for events without one
--   event_count   integer                      events that count
--   unread_count  integer                      those of them without a number where the metric needs one
--   is_shared     boolean                      whether an event came under a name that several customers have
--   added         decimal(38, 18)? [quantity]  the sum of their numbers
--   highest       decimal(38, 18)? [quantity]  the highest of them
--   newest        decimal(38, 18)? [quantity]  the number of the last event, of a metric that takes it
--   newest_at     timestamp?                   when that happened, UTC; null for other metrics
--   newest_id     text?                        that event
with
asked as (
    select * from int_metered_asked
),

events as (
    select * from stg_egress__events
),

-- Events are read as they stand, none is held: a month may have more than fit into memory.
candidates as (
    select asked.*, events.event_type as told_type, events.transaction_id, events.occurred_at, events.properties
    from asked
    inner join events
        on asked.customer_reference = events.customer_reference
        and asked.event_type = events.event_type
        and asked.month = month_of(events.occurred_at)
        and asked.starting_at <= events.occurred_at
        and events.occurred_at < asked.ending_before
    union all
    select asked.*, events.event_type as told_type, events.transaction_id, events.occurred_at, events.properties
    from asked
    inner join events
        on asked.customer_reference = events.customer_reference
        and asked.month = month_of(events.occurred_at)
        and asked.starting_at <= events.occurred_at
        and events.occurred_at < asked.ending_before
    where asked.event_type is null
),

counted as (
    select
        billed_id,
        aggregate,
        is_shared,
        transaction_id,
        occurred_at,
        case when aggregate <> 'count' then json_text(properties, aggregate_key) end as written
    from candidates
    where filters_pass(property_filters, properties)
        and not coalesce(array_has(json_elements(other_event_types), told_type), false)
),

numbered as (
    select
        *,
        case when aggregate = 'unique' then written end as unique_value,
        case when aggregate <> 'unique' then try_exact_decimal(written) end as number,
        cast(occurred_at as date) as occurred_day
    from counted
),

final as (
    select
        billed_id,
        min(occurred_day) as day,
        unique_value,
        count(*) as event_count,
        count(*) filter (where aggregate <> 'count' and aggregate <> 'unique' and number is null) as unread_count,
        bool_or(is_shared) as is_shared,
        money_sum(number) as added,
        max(number) as highest,
        first_value(number order by occurred_at desc, transaction_id desc) filter (where aggregate = 'latest') as newest,
        max(occurred_at) filter (where aggregate = 'latest') as newest_at,
        first_value(transaction_id order by occurred_at desc, transaction_id desc) filter (where aggregate = 'latest')
            as newest_id
    from numbered
    -- A value that comes each day has one row and not as many as there are days.
    group by billed_id, unique_value, case when aggregate <> 'unique' then occurred_day end
)

select * from final
