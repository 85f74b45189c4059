-- Invoices whose charges in the invoice's own currency do not add up to its total, to the last digit.
--
-- Lines that only inform (postpaid commits) and lines in other units are no part of a total. Invoices of which no line was
-- delivered are left to the check `invoices_have_lines`.
--
-- severity block
with
charges as (
    select * from int_invoice_charges_priced where is_in_total
),

invoices as (
    select * from int_invoices_dated
),

sums as (
    select
        charges.invoice_id,
        money_sum(case when charges.currency is not distinct from invoices.currency then charges.total_amount end)
            as charged_amount
    from charges
    inner join invoices on charges.invoice_id = invoices.invoice_id
    group by charges.invoice_id
),

final as (
    select
        invoices.invoice_id,
        invoices.customer_name,
        invoices.total_amount,
        sums.charged_amount,
        invoices.total_amount - coalesce(sums.charged_amount, 0) as difference_amount,
        invoices.currency
    from invoices
    inner join sums on invoices.invoice_id = sums.invoice_id
    where invoices.total_amount is distinct from coalesce(sums.charged_amount, 0)
)

select * from final order by invoice_id
