-- What customers agreed to, one row each: contracts, and time on plans (legacy).
--
-- The export does not tell who is on which plan; there the plans of a customer's invoices stand for that.
--
-- grain    agreement_type, customer_id, agreement_id
-- params   $as_of instant, $cutoff instant
-- columns
--   agreement_type  text        contract or plan
--   customer_id     text?       the customer
--   agreement_id    text?       the contract or plan
--   channel         text        api or egress: where the row comes from
--   agreement_name  text        its name
--   archived_at     timestamp?  when the contract was archived, UTC
with
api_contracts as (
    select * from stg_api__contracts
),

export_contracts as (
    select * from stg_egress__contracts
),

plan_customers as (
    select * from stg_api__plan_customers
),

plan_invoices as (
    select customer_id, plan_id, plan_name from stg_egress__invoices where plan_id is not null
    union all
    select customer_id, plan_id, plan_name from stg_egress__draft_invoices where plan_id is not null
),

contracts as (
    select
        'contract' as agreement_type,
        customer_id,
        contract_id as agreement_id,
        'api' as channel,
        coalesce(contract_name, '(unnamed contract)') as agreement_name,
        archived_at
    from api_contracts
    union all
    select
        'contract' as agreement_type,
        customer_id,
        contract_id as agreement_id,
        'egress' as channel,
        coalesce(contract_name, '(unnamed contract)') as agreement_name,
        archived_at
    from export_contracts
    where not exists (select 1 from api_contracts)
),

plans as (
    select
        'plan' as agreement_type,
        customer_id,
        plan_id as agreement_id,
        'api' as channel,
        coalesce(max(plan_name), '(unnamed plan)') as agreement_name,
        cast(null as timestamp(6) with time zone) as archived_at
    from plan_customers
    group by customer_id, plan_id
    union all
    select
        'plan' as agreement_type,
        customer_id,
        plan_id as agreement_id,
        'egress' as channel,
        coalesce(max(plan_name), '(unnamed plan)') as agreement_name,
        cast(null as timestamp(6) with time zone) as archived_at
    from plan_invoices
    where not exists (select 1 from plan_customers)
    group by customer_id, plan_id
),

final as (
    select
        agreement_type,
        customer_id,
        agreement_id,
        channel,
        agreement_name,
        case when coalesce($as_of, $cutoff) is null or archived_at < coalesce($as_of, $cutoff) then archived_at end as archived_at
    from contracts
    union all
    select * from plans
)

select * from final
