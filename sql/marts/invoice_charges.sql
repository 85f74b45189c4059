-- The finalized invoices of customers for one month: every charge on them.
--
-- An invoice is of the month in which its service period begins, whenever it is issued.
--
-- grain    rows of int_invoice_charges_selected
-- apart    unit_price
-- columns
--   invoice_id     text                         the invoice
--   customer_id    text                         the customer billed
--   customer_name  text                         its name
--   billing_month  date                         first day of the month in which the service period begins, UTC
--   product_name   text?                        the product; the line's own name where it has no product
--   description    text?                        as the invoice shows the charge
--   quantity       decimal(38, 18)? [quantity]  units billed
--   unit_price     decimal(38, 18)? [currency]  as exported, else total over quantity to 18 places
--   total_amount   decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   currency       text                         currency or custom unit of the charge
with
charges as (
    select * from int_invoice_charges_selected
),

final as (
    select
        invoice_id,
        customer_id,
        customer_name,
        service_month as billing_month,
        product_name,
        description,
        quantity,
        unit_price,
        total_amount,
        currency
    from charges
)

select * from final
order by customer_name, customer_id, product_name, description, invoice_id, quantity, total_amount, unit_price, currency
