-- Sub lines of invoice lines (legacy plans), one row each; the amount is in the credit type of its line.
--
-- grain    sub_line_item_id
-- columns
--   sub_line_item_id     text                                       the sub line
--   line_item_id         text?                                      its line
--   sub_line_item_name   text?                                      as the invoice shows it
--   quantity             decimal(38, 18)? [quantity]                units billed
--   subtotal             decimal(38, 18)? [credit type of the line]  before credits, as exported
--   billable_metric_id   text?                                      the metric that measures the quantity
with
sub_line_items as (
    select * from current.sub_line_item
),

final as (
    select
        id as sub_line_item_id,
        line_item_id,
        name as sub_line_item_name,
        quantity,
        subtotal,
        billable_metric_id
    from sub_line_items
)

select * from final
