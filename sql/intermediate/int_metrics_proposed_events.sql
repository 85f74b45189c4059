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

final as (
    select
        chosen.billed_id,
        chosen.name_prefix,
        chosen.name_suffix,
        chosen.folded_word,
        chosen.aggregate,
        chosen.aggregate_key,
        chosen.billed_quantity,
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
)

select * from final
