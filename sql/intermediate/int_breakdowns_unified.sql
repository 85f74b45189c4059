-- Days of lines of final and draft invoices, as daily breakdowns of the export tell them, one row each.
--
-- A day of a final invoice counts as it was last computed: its lines are those of the same time. Days of a draft are those of its
-- newest complete snapshot, and gone once it is final. Void invoices and those that repeat others are out, and so are windows
-- other than days. As of an instant: days that began before it.
--
-- grain    breakdown_line_id, is_draft
-- params   $as_of instant
-- columns
--   breakdown_line_id   text                         the day of the line
--   is_draft            boolean                      whether the invoice is still a draft
--   invoice_id          text                         the invoice
--   customer_id         text?                        the customer billed
--   contract_id         text?                        the contract billed
--   day                 date                         the day, UTC
--   product_id          text?                        the product it bills
--   billable_metric_id  text?                        the metric that measures its quantity: the line's, else the product's only one
--   group_values        text?                        the event properties and values it is of
--   is_application      boolean                      whether it applies a commit or credit
--   priced_quantity     decimal(38, 18)? [quantity]  units of the day; null where the line tells no price of one
--   currency            text?                        currency or custom unit of the amount
--   total_amount        decimal(38, 18)? [currency]  negative where a commit or credit is applied
with
invoices as (
    select * from int_invoices_unified where invoice_status in ('FINALIZED', 'DRAFT') and is_counted
),

product_metrics as (
    select product_id, max(billable_metric_id) as billable_metric_id
    from stg_egress__product_versions
    group by product_id
    having max(billable_metric_id) = min(billable_metric_id)
),

computed as (
    select
        *,
        -- What comes late may bring a day anew under another id.
        row_number() over (
            partition by invoice_id, starting_at order by snapshot_at desc nulls last, breakdown_id desc
        ) as recency
    from stg_egress__breakdowns
    where coalesce(window_size, 'DAILY') = 'DAILY'
),

final_lines as (
    select lines.*, days.invoice_id
    from stg_egress__breakdown_lines as lines
    inner join computed as days
        on lines.breakdown_id = days.breakdown_id and (lines.snapshot_at is not distinct from days.snapshot_at)
    where days.recency = 1
),

draft_lines as (
    select lines.*, days.invoice_id
    from stg_egress__draft_breakdown_lines as lines
    inner join stg_egress__draft_breakdowns as days on lines.breakdown_id = days.breakdown_id
    where coalesce(days.window_size, 'DAILY') = 'DAILY'
),

lines as (
    select
        false as is_draft, breakdown_line_id, invoice_id, product_id, commit_id, billable_metric_id, group_values, starting_at,
        priced_quantity, currency, total_amount
    from final_lines
    union all
    select
        true as is_draft, breakdown_line_id, invoice_id, product_id, commit_id, billable_metric_id, group_values, starting_at,
        priced_quantity, currency, total_amount
    from draft_lines
),

final as (
    select
        lines.breakdown_line_id,
        lines.is_draft,
        lines.invoice_id,
        invoices.customer_id,
        invoices.contract_id,
        cast(lines.starting_at as date) as day,
        lines.product_id,
        coalesce(lines.billable_metric_id, product_metrics.billable_metric_id) as billable_metric_id,
        lines.group_values,
        coalesce(lines.total_amount < 0 and lines.commit_id is not null, false) as is_application,
        lines.priced_quantity,
        lines.currency,
        lines.total_amount
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    left join product_metrics on lines.product_id = product_metrics.product_id
    where lines.is_draft = (invoices.invoice_status = 'DRAFT')
        and lines.starting_at is not null
        and ($as_of is null or lines.starting_at < $as_of)
)

select * from final
