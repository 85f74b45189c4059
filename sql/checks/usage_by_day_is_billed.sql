-- Products of final invoices of which daily breakdowns have another quantity than the invoice bills, and lines of breakdowns whose day
-- was not delivered as of the same time.
--
-- Usage that comes late changes the days and not the invoice, so this only warns. A product that no day tells of is not known by
-- day, and not compared; a line without its day stands in no report.
--
-- severity warn
with
breakdowns as (
    select * from int_breakdowns_unified
    where not is_draft and not is_application and priced_quantity is not null and product_id is not null
),

line_items as (
    select * from stg_egress__line_items
    where unit_price_amount is not null and not coalesce(total_amount < 0 and commit_id is not null, false)
),

told as (
    select distinct invoice_id, product_id from breakdowns
),

quantities as (
    select 'days' as told_by, invoice_id, product_id, currency, priced_quantity as quantity from breakdowns
    union all
    select 'invoice' as told_by, line_items.invoice_id, line_items.product_id, line_items.currency, line_items.quantity
    from line_items
    inner join told on line_items.invoice_id = told.invoice_id and line_items.product_id = told.product_id
),

compared as (
    select
        invoice_id,
        product_id,
        currency,
        money_total(quantity) filter (where told_by = 'invoice') as invoiced_quantity,
        money_total(quantity) filter (where told_by = 'days') as days_quantity
    from quantities
    group by invoice_id, product_id, currency
),

without_day as (
    select lines.breakdown_line_id
    from stg_egress__breakdown_lines as lines
    left anti join stg_egress__breakdowns as days
        on lines.breakdown_id = days.breakdown_id
        and ((lines.snapshot_at is not distinct from days.snapshot_at) or lines.snapshot_at < days.snapshot_at)
),

final as (
    select invoice_id, product_id, currency, cast(null as varchar) as breakdown_line_id, invoiced_quantity, days_quantity
    from compared
    where (invoiced_quantity is distinct from days_quantity)
    union all
    select
        cast(null as varchar) as invoice_id, cast(null as varchar) as product_id, cast(null as varchar) as currency,
        breakdown_line_id, cast(null as decimal(38, 18)) as invoiced_quantity, cast(null as decimal(38, 18)) as days_quantity
    from without_day
)

select * from final order by invoice_id, product_id, currency, breakdown_line_id
