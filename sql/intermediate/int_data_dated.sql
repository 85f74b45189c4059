-- The time that the data stands for, one row: when the newest invoice, draft or balance came. No report has another clock.
-- As of an instant: not later than it; of the pack of a month: not later than its last instant.
--
-- grain    newest_at
-- params   $as_of instant, $cutoff instant
-- columns
--   newest_at  timestamp?  the newest of all, UTC; null where none came
with
received as (
    select received_at from stg_api__invoices
    union all
    select received_at from stg_api__balances
    union all
    select received_at from stg_egress__invoices
    union all
    select snapshot_at as received_at from stg_egress__draft_invoices
    union all
    select exported_at as received_at from stg_egress__balances
),

final as (
    select least(max(received_at), $as_of, cast($cutoff as timestamp(6) with time zone) - interval '1 microsecond') as newest_at from received
)

select * from final
