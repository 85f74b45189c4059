-- Lines of invoices as the API lists them, one row each; amounts in currency units.
--
-- grain    invoice_id, line_number
-- columns
--   invoice_id           text                         the invoice
--   line_number          integer                      its place there, from 0; a line has no id, and in drafts places move
--   customer_id          text?                        the customer billed
--   line_type            text?                        usage, subscription, applied_commit_or_credit, cpu_conversion, …
--   line_item_name       text?                        as the invoice shows it
--   product_id           text?                        the product it bills
--   commit_id            text?                        the commit or credit it draws on, buys or trues up
--   commit_segment_id    text?                        the segment of it that is drawn
--   subscription_id      text?                        the subscription it bills
--   scheduled_charge_id  text?                        the scheduled charge it bills
--   starting_at          timestamp?                   begin of its service period, UTC
--   ending_before        timestamp?                   end of its service period, exclusive, UTC
--   quantity             decimal(38, 18)? [quantity]  units billed
--   credit_type_id       text?                        unit of the amounts as received; may be another than the invoice's
--   currency             text?                        currency or custom unit of the amounts
--   units_per_amount     decimal(38, 18) [fraction]   currency units in one unit as received: 0.01 for USD, else 1
--   unit_price_amount    decimal(38, 18)? [currency]  price of one unit
--   total_amount         decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   is_in_total          boolean                      false where a postpaid commit is applied: such a line only informs
--   origin_invoice_id    text?                        the invoice it is copied from, on a consolidated one
with
line_items as (
    select * from api.invoice_line_items
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        money_mul(case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end, 1)
            as units_per_amount
    from line_items
),

final as (
    select
        invoice_id,
        line_number,
        customer_id,
        lower(type) as line_type,
        name as line_item_name,
        product_id,
        coalesce(applied_commit_or_credit_id, postpaid_commit_id, commit_id) as commit_id,
        commit_segment_id,
        subscription_id,
        scheduled_charge_id,
        real_instant(starting_at) as starting_at,
        real_instant(ending_before) as ending_before,
        quantity,
        credit_type_id,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        units_per_amount,
        money_mul(unit_price, units_per_amount) as unit_price_amount,
        money_mul(total, units_per_amount) as total_amount,
        not coalesce(upper(applied_commit_or_credit_type) = 'POSTPAID', false) as is_in_total,
        origin_invoice_id
    from converted
)

select * from final
