-- Movements of commits and credits of the newest complete snapshot, one row each; amounts as exported.
--
-- As of an instant: those up to it. One that is dated the first instant of a month closes the month before.
--
-- grain    balance_id, entry_number
-- params   $as_of instant
-- columns
--   balance_id       text                            the commit or credit
--   entry_number     integer                         place in its ledger, from 0
--   entry_type       text?                           what moved it, such as prepaid_segment_start
--   occurred_at      timestamp?                      when it counts, UTC; a deduction: the end of the invoice's period
--   credit_type_id   text?                           unit of the amount; null where units are counted
--   amount           decimal(38, 18)? [credit type]  grants positive, deductions negative; null where it is no decimal
--   segment_id       text?                           the segment moved
--   invoice_id       text?                           the invoice that caused it, be it a draft
--   new_contract_id  text?                           the contract a rollover went to
--   new_balance_id   text?                           the commit a rollover made there
--   reason           text?                           why somebody entered it by hand
with
balances as (
    select * from current.contracts_balances
),

ledgers as (
    select
        id as balance_id,
        json_text(access_schedule, 'credit_type_id') as credit_type_id,
        json_elements(ledger) as entries
    from balances
),

entries as (
    select
        balance_id,
        credit_type_id,
        unnest(entries) as entry,
        unnest(range(0, cast(array_length(entries) as bigint))) as entry_number
    from ledgers
),

read as (
    select
        balance_id,
        entry_number,
        lower(json_text(entry, 'type')) as entry_type,
        try_instant(json_text(entry, 'timestamp')) as occurred_at,
        credit_type_id,
        try_exact_decimal(json_text(entry, 'amount')) as amount,
        json_text(entry, 'segment_id') as segment_id,
        json_text(entry, 'invoice_id') as invoice_id,
        json_text(entry, 'new_contract_id') as new_contract_id,
        json_text(entry, 'new_commit_id') as new_balance_id,
        json_text(entry, 'reason') as reason
    from entries
),

final as (
    select * from read where $as_of is null or occurred_at <= $as_of
)

select * from final
