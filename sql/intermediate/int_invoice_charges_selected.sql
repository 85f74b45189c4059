-- Charges of some customers' finalized invoices of one month that make up their totals, one row each.
--
-- A customer that bears all of the text as its name is meant alone, whatever stands in the name; else it is a list.
--
-- grain    line_item_id, sub_line_item_id
-- params   $customer_name names = *, $billing_month month = latest
-- columns
--   line_item_id      text                         the line
--   sub_line_item_id  text?                        the sub line; null where the line has none
--   invoice_id        text                         its invoice
--   customer_id       text                         the customer billed
--   customer_name     text                         its name
--   service_month     date                         first day of the month in which the service period begins, UTC
--   product_name      text?                        the product; the line's own name where it has no product
--   description       text?                        as the invoice shows the charge
--   quantity          decimal(38, 18)? [quantity]  units billed
--   unit_price        decimal(38, 18)? [currency]  as exported, else total over quantity to 18 places
--   total_amount      decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   currency          text                         currency or custom unit of the charge
with
charges as (
    select * from int_invoice_charges_priced
),

customers as (
    select * from stg_egress__customers
),

named as (
    select count(*) as customer_count from customers where customer_name = $customer_name
),

final as (
    select
        line_item_id,
        sub_line_item_id,
        invoice_id,
        customer_id,
        customer_name,
        service_month,
        product_name,
        description,
        quantity,
        unit_price,
        total_amount,
        currency
    from charges
    cross join named
    where invoice_status = 'FINALIZED'
        and case named.customer_count
            when 0 then name_matches(customer_name, $customer_name)
            else customer_name = $customer_name
        end
        and service_month = $billing_month
        and is_in_total
)

select * from final
