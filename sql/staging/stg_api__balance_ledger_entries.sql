-- Movements of commits and credits as the API lists them, one row each; amounts as received.
--
-- As of an instant: those up to it. One that is dated the first instant of a month closes the month before.
--
-- grain    balance_id, entry_number
-- params   $as_of instant
-- columns
--   balance_id       text                            the commit or credit
--   entry_number     integer                         place in its ledger, from 0
--   entry_type       text?                           what moved it, such as prepaid_commit_segment_start, in lower case
--   occurred_at      timestamp?                      when it counts, UTC; a deduction: the end of the invoice's period
--   credit_type_id   text?                           unit of the amount; null where units are counted
--   amount           decimal(38, 18)? [credit type]  as received: grants positive, deductions and expirations negative
--   segment_id       text?                           the segment moved; null on entries by hand
--   invoice_id       text?                           the invoice that caused it, be it a draft
--   new_contract_id  text?                           the contract a rollover went to
--   reason           text?                           why somebody entered it by hand
with
entries as (
    select * from api.balance_ledger_entries where $as_of is null or "timestamp" <= $as_of
),

final as (
    select
        balance_id,
        entry_number,
        lower(type) as entry_type,
        real_instant("timestamp") as occurred_at,
        credit_type_id,
        amount,
        segment_id,
        invoice_id,
        new_contract_id,
        reason
    from entries
)

select * from final
