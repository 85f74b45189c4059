-- Invoices whose days do not add up: what is metered by day to what the reconciliation holds against the invoice, events to those
-- that it counted, and amounts and quantities billed by day to the breakdowns that were delivered; and metered days that are not of
-- the invoice's period.
--
-- severity block
with
usage as (
    select * from usage_daily
),

billed as (
    select * from int_billed_quantities
),

metered as (
    select * from int_metered_quantities
),

metrics as (
    select * from int_metrics_mapped
),

breakdowns as (
    select * from int_breakdowns_unified
),

figures as (
    select
        'metered' as figure, billed.invoice_id, billed.product_id, billed.sub_line_item_id, metered.billable_metric_id,
        true as is_expected, metered.metered_quantity as amount
    from metered
    inner join billed on metered.billed_id = billed.billed_id
    where metered.metered_quantity <> 0
    union all
    select
        'metered' as figure, invoice_id, product_id, sub_line_item_id, billable_metric_id, false as is_expected,
        metered_quantity as amount
    from usage
    where metered_quantity is not null
    union all
    select
        'events' as figure, billed.invoice_id, billed.product_id, billed.sub_line_item_id, metered.billable_metric_id,
        true as is_expected, cast(metered.event_count as decimal(38, 18)) as amount
    from metered
    inner join billed on metered.billed_id = billed.billed_id
    inner join metrics on metered.billable_metric_id = metrics.billable_metric_id
    where metrics.aggregate <> 'unique'
    union all
    select
        'events' as figure, invoice_id, product_id, sub_line_item_id, billable_metric_id, false as is_expected,
        cast(event_count as decimal(38, 18)) as amount
    from usage
    where event_count is not null
    union all
    select
        'billed in ' || coalesce(currency, 'no unit') as figure, invoice_id, product_id, cast(null as varchar) as sub_line_item_id,
        billable_metric_id, true as is_expected, total_amount as amount
    from breakdowns
    union all
    select
        'billed in ' || coalesce(currency, 'no unit') as figure, invoice_id, product_id, cast(null as varchar) as sub_line_item_id,
        billable_metric_id, false as is_expected, billed_amount + applied_amount as amount
    from usage
    where applied_amount is not null
    union all
    select
        'units billed' as figure, invoice_id, product_id, cast(null as varchar) as sub_line_item_id, billable_metric_id,
        true as is_expected, priced_quantity as amount
    from breakdowns
    where priced_quantity is not null and not is_application
    union all
    select
        'units billed' as figure, invoice_id, product_id, cast(null as varchar) as sub_line_item_id, billable_metric_id,
        false as is_expected, billed_quantity as amount
    from usage
    where billed_quantity is not null
    union all
    select
        'days of no period' as figure, usage.invoice_id, usage.product_id, usage.sub_line_item_id, usage.billable_metric_id,
        false as is_expected, cast(1 as decimal(38, 18)) as amount
    from usage
    inner join billed
        on usage.invoice_id = billed.invoice_id and usage.billable_metric_id = billed.billable_metric_id
        and (usage.sub_line_item_id is not distinct from billed.sub_line_item_id)
        and (usage.product_id is not distinct from billed.product_id)
    where usage.metered_quantity is not null
        and (usage.day < cast(billed.starting_at as date) or billed.ending_before <= cast(usage.day as timestamp(6) with time zone))
),

final as (
    select
        figure,
        invoice_id,
        product_id,
        sub_line_item_id,
        billable_metric_id,
        money_total(amount) filter (where is_expected) as expected,
        money_total(amount) filter (where not is_expected) as found
    from figures
    group by figure, invoice_id, product_id, sub_line_item_id, billable_metric_id
    having (money_total(amount) filter (where is_expected) is distinct from money_total(amount) filter (where not is_expected))
)

select * from final order by figure, invoice_id, product_id, sub_line_item_id, billable_metric_id
