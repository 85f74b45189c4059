-- Events that the chosen quantities of metrics that are not mapped may count, one row for each quantity and event.
--
-- parts    egress.events
-- grain    billed_id, transaction_id
-- columns
--   billed_id        text                         the sub line, or invoice and product
--   name_prefix      text                         of the metric's name: what stands before the bracket, or the whole name
--   name_suffix      text?                        what stands behind it; null where the name has no bracket
--   folded_word      text?                        what stands in it, written in one way
--   aggregate        text                         count, latest, max, sum or unique
--   aggregate_key    text?                        the event property that is rolled up
--   billed_quantity  decimal(38, 18)? [quantity]  units billed
--   transaction_id   text                         the event
--   event_type       text                         kind of event
--   occurred_at      timestamp?                   when it happened, UTC
--   properties       text?                        JSON object of what was used
with
chosen as (
    select * from int_metrics_proposed_chosen
),

customer_references as (
    select * from int_customer_references where not is_shared
),

events as (
    select * from stg_egress__events
),

asked as (
    select customer_references.customer_reference, chosen.*
    from chosen
    inner join customer_references on chosen.customer_id = customer_references.customer_id
),

-- The few before the many: what stands first is held in memory.
final as (
    select
        asked.billed_id,
        asked.name_prefix,
        asked.name_suffix,
        asked.folded_word,
        asked.aggregate,
        asked.aggregate_key,
        asked.billed_quantity,
        events.transaction_id,
        events.event_type,
        events.occurred_at,
        events.properties
    from asked
    inner join events
        on asked.customer_reference = events.customer_reference
        and asked.starting_at <= events.occurred_at
        and events.occurred_at < asked.ending_before
    where events.event_type is not null
        and (asked.aggregate = 'count' or json_text(events.properties, asked.aggregate_key) is not null)
)

select * from final
