-- Quantities that invoices bill by a metric, one row each: of sub lines (plans, legacy), and of products of contracts.
--
-- Usage invoices of the export, final and not void, without corrections. Products whose quantity is converted or rounded
-- before it is priced are left out: what was billed is then not what was measured.
--
-- grain    billed_id
-- columns
--   billed_id           text                         the sub line, or invoice and product
--   line_item_id        text?                        the line; null for products, which may have several
--   sub_line_item_id    text?                        the sub line
--   invoice_id          text                         the invoice
--   customer_id         text?                        the customer billed
--   contract_id         text?                        the contract
--   product_id          text?                        the product
--   currency            text?                        currency or custom unit that it is billed in; null where in several
--   billable_metric_id  text                         the metric
--   starting_at         timestamp?                   begin of the service period, UTC
--   ending_before       timestamp?                   end of it, exclusive, UTC
--   billed_quantity     decimal(38, 18)? [quantity]  units billed
with
invoices as (
    select * from stg_egress__invoices
    where invoice_status = 'FINALIZED'
        and starting_at < ending_before
        and coalesce(upper(invoice_label), '') not like '%CORRECTION%'
        and coalesce(upper(invoice_label), '') not like '%CONSOLIDATED%'
),

line_items as (
    select * from stg_egress__line_items
),

sub_line_items as (
    select * from stg_egress__sub_line_items where billable_metric_id is not null
),

product_versions as (
    select * from stg_egress__product_versions
),

metered_products as (
    select
        product_id,
        max(billable_metric_id) as billable_metric_id
    from product_versions
    group by product_id
    having max(billable_metric_id) is not null
        and max(billable_metric_id) = min(billable_metric_id)
        and not bool_or(is_converted)
),

by_sub_line as (
    select
        'sub line ' || sub_line_items.sub_line_item_id as billed_id,
        line_items.line_item_id,
        sub_line_items.sub_line_item_id,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.contract_id,
        line_items.product_id,
        line_items.currency,
        sub_line_items.billable_metric_id,
        invoices.starting_at,
        invoices.ending_before,
        sub_line_items.quantity as billed_quantity
    from sub_line_items
    inner join line_items on sub_line_items.line_item_id = line_items.line_item_id
    inner join invoices on line_items.invoice_id = invoices.invoice_id
),

by_product as (
    select
        'product ' || invoices.invoice_id || ' ' || line_items.product_id as billed_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as sub_line_item_id,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.contract_id,
        line_items.product_id,
        case when min(line_items.currency) = max(line_items.currency) then min(line_items.currency) end as currency,
        metered_products.billable_metric_id,
        invoices.starting_at,
        invoices.ending_before,
        money_sum(line_items.quantity) as billed_quantity
    from line_items
    inner join metered_products on line_items.product_id = metered_products.product_id
    inner join invoices on line_items.invoice_id = invoices.invoice_id
    -- An application has a quantity of 1 and no price.
    where line_items.unit_price_amount is not null
    group by
        invoices.invoice_id,
        line_items.product_id,
        invoices.customer_id,
        invoices.contract_id,
        metered_products.billable_metric_id,
        invoices.starting_at,
        invoices.ending_before
),

final as (
    select * from by_sub_line
    union all
    select * from by_product
)

select * from final
