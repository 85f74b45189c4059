-- Every line of every finalized invoice, one row each, and of lines of plans (legacy) their sub lines.
--
-- Lines follow their invoice, whose status has no history: once it is void they are gone, as it is from what was billed, and so what
-- stands here adds up to `invoices` at any time. Rows of closed months are therefore not kept as they were closed; what that moves
-- in closed months is told by `journal_entries` and `restatements`. The pack of a month has the lines of invoices issued by its end.
--
-- A line that only informs, of what a postpaid commit covers, and one in another unit than its invoice's currency are shown and
-- do not count: `invoiced_amount` is what a row adds to the invoice. A line of the API whose sub lines do not add up to it stands
-- whole; in the export that is an exception.
--
-- grain    line_item_id, sub_line_item_id
-- apart    unit_price, total_amount
-- columns
--   line_item_id      text                         the line: its id, or invoice and place where it has none (API)
--   sub_line_item_id  text?                        the sub line; null where the line has none
--   invoice_id        text                         its invoice
--   customer_id       text?                        the customer it bills
--   customer_name     text?                        its name
--   contract_id       text?                        the contract it bills; null on plans
--   billing_month     date?                        month of the invoice, as in `invoices`
--   issued_date       date?                        the day the invoice was issued, in the reporting time zone
--   is_counted        boolean                      false where the invoice's amount stands on another invoice too
--   line_type         text                         usage, scheduled, commit_purchase (true-ups too), applied_commit_or_credit, … as the API types lines
--   product_id        text?                        the product it bills
--   product_name      text?                        its name; the line's own name where it has no product
--   description       text?                        as the invoice shows it
--   starting_at       timestamp?                   begin of its service period, else the invoice's, UTC
--   ending_before     timestamp?                   end of it, exclusive, UTC
--   quantity          decimal(38, 18)? [quantity]  units billed
--   quantity_unit     text?                        of usage: the billable metric whose units these are; null where none is told, or they were converted or rounded
--   unit_price        decimal(38, 18)? [currency]  as exported, else total over quantity to 18 places; null for no quantity
--   total_amount      decimal(38, 18)? [currency]  what it comes to; negative where a credit or commit is applied
--   currency          text?                        currency or custom unit of the amounts
--   is_in_total       boolean                      false where it only informs of what a postpaid commit covers
--   invoiced_amount   decimal(38, 18)? [currency]  what it adds to the invoice: its total, or 0 where it only informs or is in another unit
--   balance_id        text?                        the commit or credit that it applies, draws on, buys or trues up
--   balance_type      text?                        prepaid, postpaid or credit; null where it was not delivered
--   balance_name      text?                        its name
--   credit_grant_id   text?                        the credit grant that it applies (legacy)
-- checks
--   invoiced_amount = 0 or (is_in_total and invoiced_amount = total_amount)
with
billed as (
    select * from invoices where invoice_status = 'FINALIZED'
),

lines as (
    select * from int_line_items_unified where invoice_status = 'FINALIZED'
),

charges as (
    select * from int_invoice_charges_priced where invoice_status = 'FINALIZED'
),

products as (
    select * from int_products_unified
),

api_products as (
    select * from stg_api__products where not is_converted
),

metrics as (
    select * from int_metrics_mapped
),

api_lines as (
    select * from stg_api__line_items
),

api_sub_line_items as (
    select * from stg_api__sub_line_items
),

api_sub_lines as (
    select
        api_sub_line_items.line_item_id as line_item_key,
        api_sub_line_items.sub_line_number,
        api_sub_line_items.sub_line_item_name,
        api_sub_line_items.quantity,
        money_mul(api_sub_line_items.price, api_lines.units_per_amount) as unit_price_amount,
        money_mul(api_sub_line_items.subtotal, api_lines.units_per_amount) as subtotal_amount
    from api_lines
    inner join api_sub_line_items
        on api_lines.invoice_id = api_sub_line_items.invoice_id
        and api_lines.line_number = api_sub_line_items.line_number
),

balances as (
    select * from int_balances_unified
),

sub_sums as (
    select line_item_key, count(*) as sub_line_count, money_total(subtotal_amount) as subtotal_amount
    from api_sub_lines
    group by line_item_key
),

-- A double of more decimals than there is room for was rounded in each of them.
split_lines as (
    select lines.line_item_key
    from lines
    inner join sub_sums on lines.line_item_key = sub_sums.line_item_key
    where abs(lines.total_amount - sub_sums.subtotal_amount) <= money_mul(sub_sums.sub_line_count + 1, 0.000000000000000001)
),

split_sub_lines as (
    select api_sub_lines.*
    from api_sub_lines
    inner join split_lines on api_sub_lines.line_item_key = split_lines.line_item_key
),

-- Lines of the export as they are priced, sub line by sub line; those of the API as they are.
charged as (
    select
        lines.*,
        charges.sub_line_item_id,
        charges.product_name,
        charges.description,
        charges.metric_id,
        charges.quantity as charged_quantity,
        charges.unit_price,
        charges.total_amount as charged_amount
    from lines
    inner join charges on lines.line_item_key = charges.line_item_id
    where lines.channel = 'egress'
    union all
    select
        lines.*,
        lines.line_item_key || '/' || cast(sub_lines.sub_line_number as varchar) as sub_line_item_id,
        coalesce(products.product_name, lines.line_item_name) as product_name,
        coalesce(sub_lines.sub_line_item_name, lines.line_item_name) as description,
        api_products.billable_metric_id as metric_id,
        case when sub_lines.line_item_key is null then lines.quantity else sub_lines.quantity end as charged_quantity,
        case
            when sub_lines.line_item_key is null then coalesce(
                lines.unit_price_amount,
                case when lines.quantity <> 0 then money_div(lines.total_amount, nullif(lines.quantity, 0)) end
            )
            else coalesce(
                sub_lines.unit_price_amount,
                case
                    when sub_lines.quantity <> 0
                        then money_div(sub_lines.subtotal_amount, nullif(sub_lines.quantity, 0))
                end
            )
        end as unit_price,
        case when sub_lines.line_item_key is null then lines.total_amount else sub_lines.subtotal_amount end
            as charged_amount
    from lines
    left join split_sub_lines as sub_lines on lines.line_item_key = sub_lines.line_item_key
    left join products on lines.product_id = products.product_id
    left join api_products on lines.product_id = api_products.product_id
    where lines.channel = 'api'
),

final as (
    select
        charged.line_item_key as line_item_id,
        charged.sub_line_item_id,
        charged.invoice_id,
        billed.customer_id,
        billed.customer_name,
        billed.contract_id,
        billed.billing_month,
        billed.issued_date,
        billed.is_counted,
        charged.line_type,
        charged.product_id,
        charged.product_name,
        charged.description,
        charged.starting_at,
        charged.ending_before,
        charged.charged_quantity as quantity,
        metrics.billable_metric_name as quantity_unit,
        charged.unit_price,
        charged.charged_amount as total_amount,
        charged.currency,
        charged.is_in_total,
        case
            when charged.is_in_total and coalesce(charged.currency = billed.currency, false) then charged.charged_amount
            else 0
        end as invoiced_amount,
        charged.commit_id as balance_id,
        balances.balance_type,
        balances.balance_name,
        charged.credit_grant_id
    from charged
    inner join billed on charged.invoice_id = billed.invoice_id
    left join metrics on charged.line_type = 'usage' and charged.metric_id = metrics.billable_metric_id
    left join balances on charged.commit_id = balances.balance_id
)

select * from final order by customer_id, billing_month, invoice_id, line_item_id, sub_line_item_id
