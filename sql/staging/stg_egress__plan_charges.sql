-- Charges of plans (legacy), one row each.
--
-- grain    plan_charge_id
-- columns
--   plan_charge_id  text   the charge in its plan
--   plan_id         text?  the plan
--   currency        text?  currency or custom unit of its prices
with
plan_charges as (
    select * from current.plan_charge
),

final as (
    select
        id as plan_charge_id,
        plan_id,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency
    from plan_charges
)

select * from final
