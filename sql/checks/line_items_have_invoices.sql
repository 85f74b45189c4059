-- Lines whose invoice was not delivered: they are in no report.
--
-- severity warn
with
line_items as (
    select * from stg_egress__line_items
),

invoices as (
    select * from stg_egress__invoices
),

final as (
    select
        line_items.line_item_id,
        line_items.invoice_id,
        line_items.total_amount,
        line_items.currency
    from line_items
    left anti join invoices on line_items.invoice_id = invoices.invoice_id
)

select * from final order by line_item_id
