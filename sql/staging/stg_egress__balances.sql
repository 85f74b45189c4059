-- Commits and credits at contract and customer level, one row each, of the newest complete snapshot.
--
-- grain    commit_id
-- columns
--   commit_id     text   the commit or credit, as lines name it
--   balance_type  text?  prepaid, postpaid or credit, in lower case
with
balances as (
    select * from current.contracts_balances
),

final as (
    select
        id as commit_id,
        lower(type) as balance_type
    from balances
)

select * from final
