-- Invoices whose revenue by components is not what the invoice bills: purchases and prepaid drawdown apart, all is revenue.
--
-- Compared are final invoices with lines that add up to their total; those that do not are the exceptions of another step.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified where is_counted and invoice_status = 'FINALIZED'
),

totals as (
    select * from int_invoices_totaled where is_itemized and lines_amount = total_amount
),

revenue as (
    select * from int_revenue_recognized where not is_draft and component in ('usage', 'fee', 'trueup')
),

purchases as (
    select invoice_id, money_sum(total_amount) as purchased_amount
    from int_lines_classified
    where line_role = 'purchase' and is_counted
    group by invoice_id
),

recognized as (
    select invoice_id, money_sum(recognized_amount) as recognized_amount from revenue group by invoice_id
),

final as (
    select
        invoices.invoice_id,
        totals.total_amount,
        coalesce(recognized.recognized_amount, 0) as recognized_amount,
        coalesce(purchases.purchased_amount, 0) as purchased_amount,
        invoices.currency
    from invoices
    inner join totals on invoices.invoice_id = totals.invoice_id
    left join recognized on invoices.invoice_id = recognized.invoice_id
    left join purchases on invoices.invoice_id = purchases.invoice_id
    where totals.total_amount
        <> coalesce(recognized.recognized_amount, 0) + coalesce(purchases.purchased_amount, 0)
)

select * from final order by invoice_id
