-- Times that customers spend on plans (legacy): past, present and to come, one row each.
--
-- grain    plan_id, customer_plan_id
-- columns
--   plan_id           text        the plan
--   customer_plan_id  text        the customer's time on it
--   customer_id       text?       the customer
--   plan_name         text?       the plan's name
--   starting_at       timestamp?  from when, UTC
--   ending_before     timestamp?  until when, exclusive, UTC; null while open-ended
with
plan_customers as (
    select * from api.plan_customers
),

final as (
    select
        plan_id,
        customer_plan_id,
        customer_id,
        plan_details_name as plan_name,
        real_instant(starting_on) as starting_at,
        real_instant(ending_before) as ending_before
    from plan_customers
)

select * from final
