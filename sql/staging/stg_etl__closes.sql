-- Closes, one row each, those that were undone among them.
--
-- grain    closed_run_id
-- columns
--   closed_run_id  text        the close
--   month          date?       first day of the month closed; all before it are closed with it
--   closed_at      timestamp?  when, UTC
--   posted_lines   integer?    lines of journal entries posted with it; null of a version that kept none
--   reopened_at    timestamp?  when it was undone, UTC; null where it stands
with
closes as (
    select * from etl.closes
),

final as (
    select
        run_id as closed_run_id,
        cast(period as date) as month,
        closed_at,
        posted_lines,
        reopened_at
    from closes
)

select * from final
