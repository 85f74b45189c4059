-- Reconciliation exceptions that somebody accepted with a reason, one row each.
--
-- grain    exception_id, month
-- columns
--   exception_id  text        the exception
--   month         date?       the month for whose close it was accepted
--   reason        text?       why, as it was given
--   accepted_at   timestamp?  when, UTC
with
acceptances as (
    select * from etl.acceptances
),

final as (
    select
        exception_id,
        cast(period as date) as month,
        reason,
        accepted_at
    from acceptances
)

select * from final
