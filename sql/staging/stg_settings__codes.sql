-- Kinds of reconciliation exceptions, one row each.
--
-- grain    code
-- columns
--   code         text   the code
--   severity     text?  block or warn, as settings or else the model say
--   description  text?  what is wrong
with
codes as (
    select * from settings.codes
),

final as (
    select
        code,
        severity,
        doc as description
    from codes
)

select * from final
