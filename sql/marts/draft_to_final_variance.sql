-- How near the last draft of an invoice was to what was finalized, by customer, product and month.
--
-- Usage and subscriptions of final usage invoices before commits and credits are applied, without purchases, true-ups and
-- scheduled fees that stand on them, split by the days of their service
-- period, beside the same lines of the last draft snapshot of the export that has the invoice. Where a draft of one of the
-- invoices was not kept, or not computed, there is no draft amount, and the row says so.
--
-- grain    customer_id, product_id, month, currency
-- period   month
-- columns
--   customer_id          text?                        the customer
--   customer_name        text?                        its name
--   product_id           text?                        the product
--   product_name         text?                        its name
--   month                date?                        first day of the month of service, UTC
--   currency             text?                        currency or custom unit of the amounts
--   invoice_count        integer                      final invoices compared
--   draft_invoice_count  integer                      those of them whose draft was kept with its lines
--   draft_status         text                         compared, or no draft kept
--   draft_snapshot_at    timestamp?                   the newest of the snapshots used, UTC
--   draft_amount         decimal(38, 18)? [currency]  by the last drafts; null where one was not kept
--   final_amount         decimal(38, 18)? [currency]  as finalized; 0 where only the draft had the product
--   variance_amount      decimal(38, 18)? [currency]  final less draft
-- checks
--   variance_amount = final_amount - draft_amount
with
invoices as (
    select * from int_invoices_unified where is_counted and invoice_status = 'FINALIZED' and starting_at is not null
),

lines as (
    select * from int_line_items_unified
),

draft_invoices as (
    select * from stg_egress__draft_invoice_snapshots
),

draft_lines as (
    select * from stg_egress__draft_line_item_snapshots
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

periods as (
    select * from int_service_periods_split
),

last_drafts as (
    select
        invoice_id,
        snapshot_at,
        invoice_status,
        total_amount,
        row_number() over (partition by invoice_id order by snapshot_at desc, currency) as recency
    from draft_invoices
),

itemized as (
    select distinct invoice_id, snapshot_at from draft_lines
),

kept as (
    select invoices.invoice_id, last_drafts.snapshot_at
    from invoices
    inner join last_drafts on invoices.invoice_id = last_drafts.invoice_id and last_drafts.recency = 1
    left join itemized
        on last_drafts.invoice_id = itemized.invoice_id and last_drafts.snapshot_at = itemized.snapshot_at
    where last_drafts.invoice_status = 'DRAFT' and (itemized.invoice_id is not null or last_drafts.total_amount = 0)
),

billed_apart as (
    select distinct lines.invoice_id, lines.product_id
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where lines.line_type in ('commit_purchase', 'scheduled')
),

compared as (
    select
        lines.invoice_id,
        lines.product_id,
        lines.starting_at,
        lines.ending_before,
        lines.currency,
        true as is_final,
        lines.total_amount as amount
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where not lines.is_application and lines.line_type not in ('commit_purchase', 'scheduled')
    union all
    select
        draft_lines.invoice_id,
        draft_lines.product_id,
        coalesce(draft_lines.starting_at, invoices.starting_at) as starting_at,
        coalesce(draft_lines.ending_before, invoices.ending_before) as ending_before,
        draft_lines.currency,
        false as is_final,
        draft_lines.total_amount as amount
    from draft_lines
    inner join kept on draft_lines.invoice_id = kept.invoice_id and draft_lines.snapshot_at = kept.snapshot_at
    inner join invoices on draft_lines.invoice_id = invoices.invoice_id
    left anti join billed_apart
        on draft_lines.invoice_id = billed_apart.invoice_id and draft_lines.product_id = billed_apart.product_id
    where not (
        draft_lines.total_amount < 0
        and coalesce(draft_lines.commit_id, draft_lines.credit_grant_id) is not null
    )
),

placed as (
    select
        compared.*,
        coalesce(periods.month, month_of(compared.starting_at)) as month,
        coalesce(periods.days_before, 0) as days_before,
        coalesce(periods.days_through, 1) as days_through,
        coalesce(periods.days, 1) as days
    from compared
    left join periods on compared.starting_at = periods.starting_at and compared.ending_before = periods.ending_before
),

summed as (
    select
        invoices.customer_id,
        placed.product_id,
        placed.month,
        placed.currency,
        count(distinct placed.invoice_id) as invoice_count,
        count(distinct kept.invoice_id) as draft_invoice_count,
        max(kept.snapshot_at) as draft_snapshot_at,
        money_total(
            money_share(placed.amount, placed.days_through, placed.days)
            - money_share(placed.amount, placed.days_before, placed.days)
        ) filter (where not placed.is_final) as draft_amount,
        money_total(
            money_share(placed.amount, placed.days_through, placed.days)
            - money_share(placed.amount, placed.days_before, placed.days)
        ) filter (where placed.is_final) as final_amount
    from placed
    inner join invoices on placed.invoice_id = invoices.invoice_id
    left join kept on placed.invoice_id = kept.invoice_id
    group by invoices.customer_id, placed.product_id, placed.month, placed.currency
),

final as (
    select
        summed.customer_id,
        customers.customer_name,
        summed.product_id,
        products.product_name,
        summed.month,
        summed.currency,
        summed.invoice_count,
        summed.draft_invoice_count,
        case when summed.draft_invoice_count = summed.invoice_count then 'compared' else 'no draft kept' end
            as draft_status,
        summed.draft_snapshot_at,
        case when summed.draft_invoice_count = summed.invoice_count then summed.draft_amount end as draft_amount,
        summed.final_amount,
        case when summed.draft_invoice_count = summed.invoice_count then summed.final_amount - summed.draft_amount end
            as variance_amount
    from summed
    left join customers on summed.customer_id = customers.customer_id
    left join products on summed.product_id = products.product_id
)

select * from final order by customer_id, product_id, month, currency
