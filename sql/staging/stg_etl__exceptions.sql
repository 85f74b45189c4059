-- Reconciliation exceptions that some run found, one row each, whether they stand still or not.
--
-- grain    exception_id
-- columns
--   exception_id  text   the exception
--   first_seen    date?  the day of the newest delivery when it was first found
with
exceptions as (
    select * from etl.exceptions
),

final as (
    select
        exception_id,
        cast(first_seen as date) as first_seen
    from exceptions
)

select * from final
