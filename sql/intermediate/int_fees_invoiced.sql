-- Fees of scheduled charges whose lines tell no period, as invoices bill them, one row an invoice and product.
--
-- grain    invoice_id, product_id
-- columns
--   invoice_id   text                         the invoice
--   product_id   text                         the product it bills
--   contract_id  text?                        the contract billed
--   fee_day      date?                        day that it is or will be billed, UTC
--   currency     text?                        currency or custom unit of the amount
--   fee_amount   decimal(38, 18)? [currency]  what it comes to before credits
with
invoices as (
    select * from int_invoices_unified where invoice_status in ('FINALIZED', 'DRAFT')
),

lines as (
    select *
    from int_line_items_unified
    where line_type = 'scheduled' and not has_own_period and commit_id is null and product_id is not null
),

-- A draft of the export does not say when it will be issued: what stands on a usage invoice is dated its end.
final as (
    select
        lines.invoice_id,
        lines.product_id,
        invoices.contract_id,
        cast(min(coalesce(invoices.issued_at, invoices.ending_before)) as date) as fee_day,
        min(lines.currency) as currency,
        money_total(lines.total_amount) as fee_amount
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    group by lines.invoice_id, lines.product_id, invoices.contract_id
)

select * from final
