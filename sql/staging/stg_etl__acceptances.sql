-- Reconciliation exceptions that somebody accepted with a reason, one row each.
--
-- grain    exception_id, month
-- columns
--   exception_id  text        the exception
--   month         date?       the month for whose close it was accepted
--   reason        text?       why, as it was given
--   accepted_at   timestamp?  when, UTC
--   last_day      date?       last day of data that it is accepted for; null for ever
with
acceptances as (
    select * from etl.acceptances
),

final as (
    select
        exception_id,
        cast(period as date) as month,
        reason,
        accepted_at,
        cast(until as date) as last_day
    from acceptances
)

select * from final
