-- Segments of commits and credits of the newest complete snapshot, one row each; amounts as exported.
--
-- grain    balance_id, item_number
-- columns
--   balance_id      text                            the commit or credit
--   item_number     integer                         place in its access schedule, from 0
--   segment_id      text?                           the segment, as ledgers name it
--   credit_type_id  text?                           unit of the amount; null where units are counted
--   granted         decimal(38, 18)? [credit type]  what may be used; null where it is no decimal
--   starting_at     timestamp?                      from when, UTC
--   ending_before   timestamp?                      until when, exclusive, UTC; null where it never ends
with
balances as (
    select * from current.contracts_balances
),

schedules as (
    select
        id as balance_id,
        json_text(access_schedule, 'credit_type_id') as credit_type_id,
        json_elements(json_text(access_schedule, 'schedule_items')) as items
    from balances
),

items as (
    select
        balance_id,
        credit_type_id,
        unnest(items) as item,
        unnest(range(0, cast(array_length(items) as bigint))) as item_number
    from schedules
),

final as (
    select
        balance_id,
        item_number,
        json_text(item, 'id') as segment_id,
        credit_type_id,
        try_exact_decimal(json_text(item, 'amount')) as granted,
        real_instant(try_instant(json_text(item, 'date'))) as starting_at,
        real_instant(try_instant(json_text(item, 'end_date'))) as ending_before
    from items
)

select * from final
