-- Usage events, matched to a customer or not, one row each. As of an instant: those before it.
--
-- grain    transaction_id
-- params   $as_of instant
-- columns
--   transaction_id      text        the sender's deduplication id
--   customer_reference  text?       what the sender named the customer: its id or an ingest alias
--   event_type          text?       kind of event
--   occurred_at         timestamp?  when the usage happened, UTC
--   properties          text?       JSON object of what was used
with
events as (
    select * from current.events where $as_of is null or "timestamp" < $as_of
),

final as (
    select
        transaction_id,
        customer_id as customer_reference,
        event_type,
        "timestamp" as occurred_at,
        properties
    from events
)

select * from final
