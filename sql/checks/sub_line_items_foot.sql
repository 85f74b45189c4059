-- Lines whose sub lines do not add up to the line's total, to the last digit.
--
-- severity block
with
line_items as (
    select * from stg_egress__line_items
),

charges as (
    select * from int_invoice_charges_priced where sub_line_item_id is not null
),

sums as (
    select
        line_item_id,
        money_sum(total_amount) as charged_amount
    from charges
    group by line_item_id
),

final as (
    select
        line_items.invoice_id,
        line_items.line_item_id,
        line_items.line_item_name,
        line_items.total_amount,
        sums.charged_amount,
        line_items.currency
    from line_items
    inner join sums on line_items.line_item_id = sums.line_item_id
    where line_items.total_amount is distinct from sums.charged_amount
)

select * from final order by line_item_id
