-- Commits and credits of the newest complete snapshot as they were written, one row each.
--
-- grain    balance_id
-- columns
--   balance_id    text        the commit or credit
--   customer_id   text?       the customer who may use it
--   written_type  text?       its type, in the letters it came in
--   ledger        text?       its ledger, a JSON list
--   exported_at   timestamp?  when the snapshot was made, UTC
with
balances as (
    select * from current.contracts_balances
),

final as (
    select
        id as balance_id,
        customer_id,
        type as written_type,
        ledger,
        real_instant(updated_at) as exported_at
    from balances
)

select * from final
