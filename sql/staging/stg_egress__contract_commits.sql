-- Commits at contract level, one row each, of the newest complete snapshot.
--
-- grain    commit_id
-- columns
--   commit_id     text   the commit, as lines name it
--   balance_type  text?  prepaid or postpaid, in lower case
with
commits as (
    select * from current.contracts_commits
),

final as (
    select
        id as commit_id,
        lower(type) as balance_type
    from commits
)

select * from final
