-- Segments of commits and credits, one row each, with what is left of those that are open.
--
-- What is left is the vendor's balance where one segment is open. Where several are, it is each one's part of the ledger,
-- provided that these add up to the balance: entries by hand may name no segment.
--
-- grain    balance_id, item_number
-- columns
--   balance_id      text                         the commit or credit
--   item_number     integer                      place in its access schedule, from 0
--   channel         text                         api or egress: where the row comes from
--   customer_id     text?                        the customer
--   balance_type    text?                        prepaid, postpaid or credit
--   segment_id      text?                        the segment, as ledgers and lines name it
--   starting_at     timestamp?                   from when, UTC
--   ending_before   timestamp?                   until when, exclusive, UTC; null where it never ends
--   is_open         boolean                      begun and not ended at the time that the balance stands for
--   currency        text?                        currency or custom unit of the amounts, or `units of …`
--   granted_amount  decimal(38, 18)? [currency]  what may be used
--   left_amount     decimal(38, 18)? [currency]  what is left; null where it is not open or cannot be told
with
balances as (
    select * from int_balances_unified
),

ledger as (
    select * from int_balance_ledger_unified
),

api_segments as (
    select * from stg_api__balance_segments
),

export_segments as (
    select * from stg_egress__balance_segments
),

segments as (
    select balance_id, item_number, 'api' as channel, segment_id, granted, starting_at, ending_before from api_segments
    union all
    select balance_id, item_number, 'egress' as channel, segment_id, granted, starting_at, ending_before
    from export_segments
),

moved as (
    select balance_id, segment_id, money_sum(amount) as ledger_amount
    from ledger
    where segment_id is not null
    group by balance_id, segment_id
),

opened as (
    select
        segments.balance_id,
        segments.item_number,
        segments.channel,
        balances.customer_id,
        balances.balance_type,
        segments.segment_id,
        segments.starting_at,
        segments.ending_before,
        coalesce(
            segments.starting_at <= balances.as_of
            and (segments.ending_before is null or balances.as_of < segments.ending_before),
            false
        ) and balances.archived_at is null as is_open,
        balances.currency,
        money_mul(segments.granted, balances.units_per_amount) as granted_amount,
        balances.balance_amount,
        coalesce(moved.ledger_amount, 0) as ledger_amount
    from segments
    inner join balances on segments.balance_id = balances.balance_id and segments.channel = balances.channel
    left join moved on segments.balance_id = moved.balance_id and segments.segment_id = moved.segment_id
),

open_sums as (
    select balance_id, count(*) as open_count, money_sum(ledger_amount) as ledger_amount
    from opened
    where is_open
    group by balance_id
),

final as (
    select
        opened.balance_id,
        opened.item_number,
        opened.channel,
        opened.customer_id,
        opened.balance_type,
        opened.segment_id,
        opened.starting_at,
        opened.ending_before,
        opened.is_open,
        opened.currency,
        opened.granted_amount,
        case
            when not opened.is_open then cast(null as decimal(38, 18))
            when open_sums.open_count = 1 then opened.balance_amount
            when open_sums.ledger_amount = opened.balance_amount then opened.ledger_amount
        end as left_amount
    from opened
    left join open_sums on opened.balance_id = open_sums.balance_id
)

select * from final
