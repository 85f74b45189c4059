-- A billing month of which no invoice is finalized: billings_by_plan and invoice_charges say nothing was billed.
--
-- params   $billing_month month = latest, $billing_month_basis service_period|issued_at = service_period
-- severity warn
with
invoices as (
    select
        case when $billing_month_basis = 'issued_at' then issued_month else service_month end as billing_month
    from int_invoices_dated
    where invoice_status = 'FINALIZED' and not is_consolidated
),

final as (
    select
        $billing_month as billing_month,
        max(billing_month) filter (where billing_month < $billing_month) as month_before_with_invoices,
        min(billing_month) filter (where billing_month > $billing_month) as month_after_with_invoices
    from invoices
    having count(*) filter (where billing_month = $billing_month) = 0
)

select * from final
