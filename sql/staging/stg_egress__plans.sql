-- Plans (legacy), deprecated ones included, one row each.
--
-- grain    plan_id
-- columns
--   plan_id    text   the plan
--   plan_name  text?  its name
with
plans as (
    select * from current.plan
),

final as (
    select
        id as plan_id,
        name as plan_name
    from plans
)

select * from final
