-- Revenue earned and not billed yet, by customer, product and month: from draft invoices.
--
-- Drafts of the API, or of the export's newest complete snapshot, without those that are final by now. What is planned for a
-- date, such as a scheduled fee, is not in it. A draft that was not computed, or came without lines, has a row without
-- amounts: what it comes to is not known, and not 0.
--
-- grain    customer_id, product_id, month, currency
-- period   month
-- columns
--   customer_id           text?                        the customer
--   customer_name         text?                        its name
--   product_id            text?                        the product; null where none is told
--   product_name          text?                        its name
--   month                 date?                        first day of the month of service, UTC
--   currency              text?                        currency of the amounts
--   draft_invoice_count   integer                      drafts concerned
--   unknown_draft_count   integer                      those of them that were not computed or came without lines
--   unbilled_amount       decimal(38, 18)? [currency]  usage and fees to be billed
--   drawdown_amount       decimal(38, 18)? [currency]  drawn from prepaid commits, at cost basis
--   credit_list_amount    decimal(38, 18)? [currency]  paid by credits, which is no revenue
--   accrued_amount        decimal(38, 18)? [currency]  revenue earned: unbilled and drawdown
-- checks
--   accrued_amount = unbilled_amount + drawdown_amount
--   unknown_draft_count = 0 or unbilled_amount is null
with
revenue as (
    select * from int_revenue_recognized where is_draft and category not in ('rolled', 'adjusted')
),

invoices as (
    select * from int_invoices_unified where is_counted and invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE')
),

totals as (
    select * from int_invoices_totaled
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

rows_known as (
    select
        customer_id,
        product_id,
        month,
        currency,
        invoice_id,
        false as is_unknown,
        component,
        list_amount,
        recognized_amount
    from revenue
    union all
    select
        invoices.customer_id,
        cast(null as varchar) as product_id,
        month_of(invoices.starting_at) as month,
        invoices.currency,
        invoices.invoice_id,
        true as is_unknown,
        'unknown' as component,
        cast(null as decimal(38, 18)) as list_amount,
        cast(null as decimal(38, 18)) as recognized_amount
    from invoices
    inner join totals on invoices.invoice_id = totals.invoice_id
    where invoices.total_amount is null or not totals.is_itemized
),

summed as (
    select
        customer_id,
        product_id,
        month,
        currency,
        count(distinct invoice_id) as draft_invoice_count,
        count(distinct case when is_unknown then invoice_id end) as unknown_draft_count,
        money_total(recognized_amount) filter (where component not in ('drawdown', 'credit')) as unbilled_amount,
        money_total(recognized_amount) filter (where component in ('drawdown', 'unknown')) as drawdown_amount,
        money_total(list_amount) filter (where component in ('credit', 'unknown')) as credit_list_amount
    from rows_known
    group by customer_id, product_id, month, currency
),

final as (
    select
        summed.customer_id,
        customers.customer_name,
        summed.product_id,
        products.product_name,
        summed.month,
        summed.currency,
        summed.draft_invoice_count,
        summed.unknown_draft_count,
        summed.unbilled_amount,
        summed.drawdown_amount,
        summed.credit_list_amount,
        summed.unbilled_amount + summed.drawdown_amount as accrued_amount
    from summed
    left join customers on summed.customer_id = customers.customer_id
    left join products on summed.product_id = products.product_id
)

select * from final order by customer_id, product_id, month, currency
