-- Segments of commits and credits as the API lists them, one row each; amounts as received.
--
-- grain    balance_id, item_number
-- columns
--   balance_id      text                            the commit or credit
--   item_number     integer                         place in its access schedule, from 0
--   segment_id      text?                           the segment, as ledgers and lines name it
--   credit_type_id  text?                           unit of the amount; null where units are counted
--   granted         decimal(38, 18)? [credit type]  what may be used, as received
--   starting_at     timestamp?                      from when, UTC
--   ending_before   timestamp?                      until when, exclusive, UTC: then the rest expires
with
segments as (
    select * from api.balance_access_schedule_items
),

final as (
    select
        balance_id,
        item_number,
        id as segment_id,
        credit_type_id,
        amount as granted,
        real_instant(starting_at) as starting_at,
        real_instant(ending_before) as ending_before
    from segments
)

select * from final
