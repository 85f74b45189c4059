-- Charges of invoices: one row per sub line, or per line where a line has none; amounts in currency units.
--
-- grain    line_item_id, sub_line_item_id
-- columns
--   line_item_id      text                         the line
--   sub_line_item_id  text?                        the sub line; null where the line has none
--   invoice_id        text                         its invoice
--   customer_id       text?                        the customer billed
--   customer_name     text?                        its name
--   invoice_status    text?                        FINALIZED or VOID
--   service_month     date?                        first day of the month in which the service period begins, UTC
--   product_name      text?                        the product; the line's own name where it has no product
--   description       text?                        as the invoice shows the charge
--   metric_id         text?                        the billable metric whose units are billed; null where they were converted or rounded
--   quantity          decimal(38, 18)? [quantity]  units billed
--   unit_price        decimal(38, 18)? [currency]  as exported, else total over quantity to 18 places; null for no quantity
--   total_amount      decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   currency          text?                        currency or custom unit of the charge
--   is_in_total       boolean                      false where a postpaid commit is applied: such a line only informs
with
invoices as (
    select * from int_invoices_dated
),

line_items as (
    select * from stg_egress__line_items
),

sub_line_items as (
    select * from stg_egress__sub_line_items
),

products as (
    select * from stg_egress__products
),

product_versions as (
    select * from stg_egress__product_versions
),

-- What is known of the commits and credits that lines draw on.
commits as (
    select commit_id, bool_or(balance_type = 'postpaid') as is_postpaid
    from (
        select commit_id, balance_type from stg_egress__balances
        union all
        select commit_id, balance_type from stg_egress__contract_commits
    )
    group by commit_id
),

-- The version in force at the end of the service period; of an invoice without one the newest.
contract_products as (
    select
        line_items.line_item_id,
        product_versions.product_name,
        case when not product_versions.is_converted then product_versions.billable_metric_id end as metric_id,
        row_number() over (
            partition by line_items.line_item_id
            order by product_versions.starting_at desc nulls last, product_versions.product_version desc nulls last,
                product_versions.product_version_id desc
        ) as recency
    from line_items
    inner join invoices on line_items.invoice_id = invoices.invoice_id
    inner join product_versions on line_items.product_id = product_versions.product_id
    where product_versions.starting_at is null
        or product_versions.starting_at < invoices.ending_before
        or coalesce(invoices.starting_at, invoices.ending_before) is null
),

charges as (
    select
        line_items.line_item_id,
        sub_line_items.sub_line_item_id,
        line_items.invoice_id,
        line_items.product_id,
        line_items.line_item_name,
        case
            when line_items.commit_id is null or line_items.total_amount >= 0 then 'counts'
            when commits.is_postpaid then 'informs'
            when commits.commit_id is not null then 'counts'
            else 'unknown'
        end as application,
        coalesce(sub_line_items.sub_line_item_name, line_items.line_item_name) as description,
        sub_line_items.billable_metric_id as metric_id,
        case when sub_line_items.sub_line_item_id is null then line_items.quantity else sub_line_items.quantity end
            as quantity,
        case when sub_line_items.sub_line_item_id is null then line_items.unit_price_amount end as exported_unit_price,
        case
            when sub_line_items.sub_line_item_id is null then line_items.total_amount
            else money_mul(sub_line_items.subtotal, line_items.units_per_amount)
        end as total_amount,
        line_items.currency
    from line_items
    left join sub_line_items on line_items.line_item_id = sub_line_items.line_item_id
    left join commits on line_items.commit_id = commits.commit_id
),

-- Where no balances were delivered an application line counts, unless the invoice foots without it.
counted as (
    select
        charges.invoice_id,
        money_sum(case when charges.currency is not distinct from invoices.currency then charges.total_amount end)
            as counted_amount
    from charges
    inner join invoices on charges.invoice_id = invoices.invoice_id
    where charges.application = 'counts'
    group by charges.invoice_id
),

final as (
    select
        charges.line_item_id,
        charges.sub_line_item_id,
        charges.invoice_id,
        invoices.customer_id,
        invoices.customer_name,
        invoices.invoice_status,
        invoices.service_month,
        coalesce(products.product_name, contract_products.product_name, charges.line_item_name) as product_name,
        charges.description,
        coalesce(charges.metric_id, contract_products.metric_id) as metric_id,
        charges.quantity,
        coalesce(
            charges.exported_unit_price,
            case when charges.quantity <> 0 then money_div(charges.total_amount, nullif(charges.quantity, 0)) end
        ) as unit_price,
        charges.total_amount,
        charges.currency,
        coalesce(
            charges.application = 'counts'
            or (charges.application = 'unknown' and invoices.total_amount is distinct from counted.counted_amount),
            true
        ) as is_in_total
    from charges
    inner join invoices on charges.invoice_id = invoices.invoice_id
    left join counted on charges.invoice_id = counted.invoice_id
    left join products on charges.product_id = products.product_id
    left join contract_products
        on charges.line_item_id = contract_products.line_item_id and contract_products.recency = 1
)

select * from final
