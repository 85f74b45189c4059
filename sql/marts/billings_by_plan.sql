-- What was billed in a month, by plan and currency.
--
-- Every plan has a row, with zeros in the currencies of its charges where nothing was billed; invoices without a plan
-- have rows of their own. Void invoices count in void_amount only. Consolidated invoices, which repeat others, do not count.
--
-- grain    plan_id, billing_month, currency
-- params   $billing_month month = latest, $billing_month_basis service_period|issued_at = service_period
-- columns
--   plan_id         text?                        the plan; null for invoices without one
--   plan_name       text                         its name
--   billing_month   date                         first day of the month, UTC
--   currency        text?                        currency of the amounts; null for a plan without charges or invoices
--   customer_count  integer                      customers with a finalized invoice
--   invoice_count   integer                      finalized invoices
--   total_amount    decimal(38, 18)? [currency]  finalized, after credits; null where one of them has no total
--   void_amount     decimal(38, 18)? [currency]  voided, as it was before; null likewise
with
invoices as (
    select
        *,
        case when $billing_month_basis = 'issued_at' then issued_month else service_month end as billing_month
    from int_invoices_dated
),

plans as (
    select * from stg_egress__plans
),

plan_charges as (
    select * from stg_egress__plan_charges
),

-- What each invoice of the month adds.
billed as (
    select
        plan_id,
        plan_name,
        currency,
        customer_id,
        invoice_id,
        invoice_status,
        total_amount
    from invoices
    where billing_month = $billing_month and invoice_status in ('FINALIZED', 'VOID') and not is_consolidated
),

-- Plans that billed nothing in a currency they charge in.
idle as (
    select distinct
        plans.plan_id,
        plans.plan_name,
        plan_charges.currency
    from plans
    left join plan_charges on plans.plan_id = plan_charges.plan_id
    where not exists (
        select 1 from billed
        where billed.plan_id = plans.plan_id
            and (plan_charges.currency is null or billed.currency = plan_charges.currency)
    )
),

entries as (
    select
        plan_id,
        plan_name,
        currency,
        case when invoice_status = 'FINALIZED' then customer_id end as billed_customer_id,
        case when invoice_status = 'FINALIZED' then invoice_id end as billed_invoice_id,
        invoice_status,
        total_amount
    from billed
    union all
    select
        plan_id,
        plan_name,
        currency,
        cast(null as varchar) as billed_customer_id,
        cast(null as varchar) as billed_invoice_id,
        'IDLE' as invoice_status,
        cast(null as decimal(38, 18)) as total_amount
    from idle
),

summed as (
    select
        plan_id,
        currency,
        -- A plan that is not exported is known by the name on its invoices.
        max(plan_name) as invoiced_plan_name,
        count(distinct billed_customer_id) as customer_count,
        count(distinct billed_invoice_id) as invoice_count,
        money_total(total_amount) filter (where invoice_status = 'FINALIZED') as total_amount,
        money_total(total_amount) filter (where invoice_status = 'VOID') as void_amount
    from entries
    group by plan_id, currency
),

final as (
    select
        summed.plan_id,
        case
            when summed.plan_id is null then '(no plan)'
            else coalesce(plans.plan_name, summed.invoiced_plan_name, '(unnamed plan)')
        end as plan_name,
        $billing_month as billing_month,
        summed.currency,
        summed.customer_count,
        summed.invoice_count,
        summed.total_amount,
        summed.void_amount
    from summed
    left join plans on summed.plan_id = plans.plan_id
)

select * from final order by plan_name, plan_id, currency
