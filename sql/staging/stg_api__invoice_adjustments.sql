-- Amounts on invoices of plans (legacy) that are no lines, such as credit used, one row each; in currency units.
--
-- grain    invoice_id, adjustment_number
-- columns
--   invoice_id         text                         the invoice
--   adjustment_number  integer                      its place there, from 0
--   customer_id        text?                        the customer billed
--   adjustment_name    text?                        as the invoice shows it
--   credit_grant_id    text?                        the credit grant that pays
--   credit_type_id     text?                        unit of the amount as received
--   currency           text?                        currency or custom unit of the amount
--   total_amount       decimal(38, 18)? [currency]  negative where credit pays
with
adjustments as (
    select * from api.invoice_adjustments
),

final as (
    select
        invoice_id,
        adjustment_number,
        customer_id,
        name as adjustment_name,
        credit_grant_id,
        credit_type_id,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(
            total, case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as total_amount
    from adjustments
)

select * from final
