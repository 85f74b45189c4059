-- Days of lines of draft invoices of the newest complete snapshot, one row each; amounts in currency units.
--
-- grain    breakdown_line_id
-- columns
--   breakdown_line_id  text                         the day of the line
--   breakdown_id       text?                        the day of its invoice
--   product_id         text?                        the product it bills
--   commit_id          text?                        the commit or credit it draws on
--   starting_at        timestamp?                   begin of the day, UTC
--   currency           text?                        currency or custom unit of the amount
--   total_amount       decimal(38, 18)? [currency]  negative where a credit or commit is applied
with
lines as (
    select * from current.breakdowns_draft_line_items
),

final as (
    select
        id as breakdown_line_id,
        invoice_breakdown_id as breakdown_id,
        product_id,
        commit_id,
        breakdown_start_timestamp as starting_at,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(
            total, case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as total_amount
    from lines
)

select * from final
