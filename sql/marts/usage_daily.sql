-- What was used on each day, by customer and product: what raw events come to, and what was billed for the day.
--
-- `metered_quantity` is what a day adds to the quantity that the events of an invoice's period come to: what its events sum up to,
-- how many there are or, of a metric that counts different values, how many values came for the first time; where the highest or
-- the last number counts, by how much that changed, so less than 0 where it fell. So the days of an invoice add up to what the
-- reconciliation holds against it. Metered is what final invoices bill by a metric of which it is known what it counts.
--
-- What was billed for a day is known where the export has daily breakdowns, of final invoices and of drafts; what comes late
-- changes them, and not a final invoice. A day without a row had no event that counts, or no value that was new, and no line that is
-- known. Nothing of it is posted, and rows of closed months are not kept as they were closed. The pack of a month has the days until
-- its end.
--
-- grain    invoice_id, day, product_id, sub_line_item_id, billable_metric_id, group_values, currency
-- params   $cutoff instant
-- apart    metered_quantity, billed_quantity
-- columns
--   customer_id           text?                        the customer
--   customer_name         text?                        its name
--   contract_id           text?                        the contract billed; null on plans
--   invoice_id            text                         the invoice that the day belongs to
--   invoice_status        text                         FINALIZED or DRAFT
--   day                   date                         the day, UTC
--   product_id            text?                        the product
--   product_name          text?                        its name
--   sub_line_item_id      text?                        the sub line that bills what is metered (plans)
--   billable_metric_id    text?                        the metric that measures the quantities
--   billable_metric_name  text?                        its name: the quantities are units of it
--   group_values          text?                        event properties and values that the billed line is of; null for all
--   event_count           integer?                     events that count; null where none do, or different values do
--   metered_quantity      decimal(38, 18)? [quantity]  what the day's events add; null where no event counts
--   billed_quantity       decimal(38, 18)? [quantity]  units billed for the day; null where that is not told
--   billed_amount         decimal(38, 18)? [currency]  billed for the day, before commits and credits; null where that is not told
--   applied_amount        decimal(38, 18)? [currency]  paid by commits and credits, less than 0; null where that is not told
--   currency              text?                        currency or custom unit of the amounts
-- checks
--   event_count > 0
--   applied_amount <= 0
with
days as (
    select * from int_metered_days
),

quantities as (
    select * from int_billed_quantities
),

metrics as (
    select * from int_metrics_mapped
),

breakdowns as (
    select * from int_breakdowns_unified
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

-- Lake files of one day are one; a value counts on the day that it first came.
whole as (
    select
        billed_id,
        min(day) as day,
        unique_value,
        money_sum(event_count) as event_count,
        money_sum(added) as added,
        max(highest) as highest,
        first_value(newest order by newest_at desc, newest_id desc) filter (where newest_at is not null) as newest
    from days
    group by billed_id, unique_value, case when unique_value is null then day end
),

daily as (
    select
        billed_id,
        day,
        money_sum(event_count) as event_count,
        coalesce(money_sum(added), 0) as added,
        max(highest) as highest,
        -- Such a metric has one row a day.
        coalesce(max(newest), 0) as newest,
        count(unique_value) as value_count
    from whole
    group by billed_id, day
),

running as (
    select
        *,
        coalesce(max(highest) over (
            partition by billed_id order by day rows between unbounded preceding and current row
        ), 0) as highest_through,
        coalesce(max(highest) over (
            partition by billed_id order by day rows between unbounded preceding and 1 preceding
        ), 0) as highest_before,
        coalesce(max(newest) over (partition by billed_id order by day rows between 1 preceding and 1 preceding), 0)
            as newest_before
    from daily
),

metered as (
    select
        quantities.customer_id,
        quantities.contract_id,
        quantities.invoice_id,
        running.day,
        quantities.product_id,
        quantities.sub_line_item_id,
        quantities.billable_metric_id,
        quantities.currency,
        case when metrics.aggregate <> 'unique' then running.event_count end as event_count,
        case
            when metrics.aggregate = 'sum' then running.added
            when metrics.aggregate = 'max' then running.highest_through - running.highest_before
            when metrics.aggregate = 'latest' then running.newest - running.newest_before
            when metrics.aggregate = 'unique' then cast(running.value_count as decimal(38, 18))
            when metrics.aggregate = 'count' then cast(running.event_count as decimal(38, 18))
        end as metered_quantity
    from running
    inner join quantities on running.billed_id = quantities.billed_id
    inner join metrics on quantities.billable_metric_id = metrics.billable_metric_id
    where metrics.aggregate <> 'unique' or running.value_count > 0
),

billed as (
    select
        customer_id,
        contract_id,
        invoice_id,
        is_draft,
        day,
        product_id,
        billable_metric_id,
        group_values,
        currency,
        -- Nothing where no line says a price of one unit.
        money_sum(priced_quantity) filter (where not is_application) as billed_quantity,
        money_total(total_amount) filter (where not is_application) as billed_amount,
        money_total(total_amount) filter (where is_application) as applied_amount
    from breakdowns
    group by customer_id, contract_id, invoice_id, is_draft, day, product_id, billable_metric_id, group_values, currency
),

-- A sum and no join: what is metered may have no product, and no breakdown.
beside as (
    select
        customer_id, contract_id, invoice_id, false as is_draft, day, product_id, sub_line_item_id, billable_metric_id,
        cast(null as varchar) as group_values, currency, event_count, metered_quantity,
        cast(null as decimal(38, 18)) as billed_quantity, cast(null as decimal(38, 18)) as billed_amount,
        cast(null as decimal(38, 18)) as applied_amount
    from metered
    union all
    select
        customer_id, contract_id, invoice_id, is_draft, day, product_id, cast(null as varchar) as sub_line_item_id,
        billable_metric_id, group_values, currency, cast(null as decimal(38, 18)) as event_count,
        cast(null as decimal(38, 18)) as metered_quantity, billed_quantity, billed_amount, applied_amount
    from billed
),

joined as (
    select
        min(customer_id) as customer_id,
        min(contract_id) as contract_id,
        invoice_id,
        bool_or(is_draft) as is_draft,
        day,
        product_id,
        sub_line_item_id,
        billable_metric_id,
        group_values,
        currency,
        money_sum(event_count) as event_count,
        money_sum(metered_quantity) as metered_quantity,
        money_sum(billed_quantity) as billed_quantity,
        money_sum(billed_amount) as billed_amount,
        money_sum(applied_amount) as applied_amount
    from beside
    where $cutoff is null or day < date_in_zone($cutoff, 'UTC')
    group by invoice_id, day, product_id, sub_line_item_id, billable_metric_id, group_values, currency
),

final as (
    select
        joined.customer_id,
        customers.customer_name,
        joined.contract_id,
        joined.invoice_id,
        case when joined.is_draft then 'DRAFT' else 'FINALIZED' end as invoice_status,
        joined.day,
        joined.product_id,
        products.product_name,
        joined.sub_line_item_id,
        joined.billable_metric_id,
        metrics.billable_metric_name,
        joined.group_values,
        cast(money_round(joined.event_count, 0) as bigint) as event_count,
        joined.metered_quantity,
        joined.billed_quantity,
        joined.billed_amount,
        joined.applied_amount,
        joined.currency
    from joined
    left join customers on joined.customer_id = customers.customer_id
    left join products on joined.product_id = products.product_id
    left join metrics on joined.billable_metric_id = metrics.billable_metric_id
)

select * from final
order by customer_id, day, invoice_id, product_id, sub_line_item_id, billable_metric_id, group_values, currency
