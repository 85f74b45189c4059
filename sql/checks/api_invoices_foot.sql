-- Invoices of contracts as the API lists them whose lines in the invoice's own currency do not add up to its total.
--
-- Lines that only inform (postpaid commits) and lines in other units are no part of a total. Plans are left out: what
-- changes their totals besides lines and adjustments is not documented.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified where channel = 'api' and contract_id is not null
),

totals as (
    select * from int_invoices_totaled
),

final as (
    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.invoice_status,
        totals.total_amount,
        totals.lines_amount,
        totals.total_amount - coalesce(totals.lines_amount, 0) as difference_amount,
        invoices.currency
    from invoices
    inner join totals on invoices.invoice_id = totals.invoice_id
    where totals.total_amount <> coalesce(totals.lines_amount, 0)
)

select * from final order by invoice_id
