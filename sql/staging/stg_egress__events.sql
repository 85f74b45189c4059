-- Usage events, matched to a customer or not, one row each.
--
-- grain    transaction_id
-- columns
--   transaction_id      text        the sender's deduplication id
--   customer_reference  text?       what the sender named the customer: its id or an ingest alias
--   event_type          text?       kind of event
--   occurred_at         timestamp?  when the usage happened, UTC
--   properties          text?       JSON object of what was used
with
events as (
    select * from current.events
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
