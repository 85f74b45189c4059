-- Days of lines of finalized invoices as they were last told, one row each; amounts in currency units.
--
-- grain    breakdown_line_id
-- columns
--   breakdown_line_id   text                         the day of the line
--   breakdown_id        text?                        the day of its invoice
--   product_id          text?                        the product it bills
--   commit_id           text?                        the commit or credit it draws on
--   billable_metric_id  text?                        the metric that measures its quantity
--   group_values        text?                        the event properties and values it is of: grouped, priced and shown by
--   snapshot_at         timestamp?                   when the day was computed, UTC
--   starting_at         timestamp?                   begin of the day, UTC
--   priced_quantity     decimal(38, 18)? [quantity]  units of the day; null where the line tells no price of one
--   currency            text?                        currency or custom unit of the amount
--   total_amount        decimal(38, 18)? [currency]  negative where a credit or commit is applied
with
lines as (
    select * from current.breakdowns_line_items
),

final as (
    select
        id as breakdown_line_id,
        invoice_breakdown_id as breakdown_id,
        product_id,
        commit_id,
        billable_metric_id,
        nullif(concat_ws(' ', group_key || '=' || group_value, pricing_group_values, presentation_group_values), '')
            as group_values,
        snapshot_timestamp as snapshot_at,
        breakdown_start_timestamp as starting_at,
        -- A line without a price of one unit has a quantity of 1, whatever it bills.
        case when unit_price is not null then quantity end as priced_quantity,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(
            total, case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as total_amount
    from lines
)

select * from final
