-- Sub lines of invoice lines of plans (legacy) as the API lists them, one row each; amounts are in the credit type of their line.
--
-- grain    invoice_id, line_number, sub_line_number
-- columns
--   line_item_id        text                                        its line: invoice and place there, as lines have no id
--   invoice_id          text                                        the invoice
--   line_number         integer                                     the place of its line there, from 0
--   sub_line_number     integer                                     its place in the line, from 0
--   sub_line_item_name  text?                                       as the invoice shows it
--   quantity            decimal(38, 18)? [quantity]                 units billed
--   price               decimal(38, 18)? [credit type of the line]  of one unit, as received; null where it is tiered
--   subtotal            decimal(38, 18)? [credit type of the line]  before credits, as received
with
sub_line_items as (
    select * from api.invoice_sub_line_items
),

final as (
    select
        invoice_id || '/' || cast(line_number as varchar) as line_item_id,
        invoice_id,
        line_number,
        sub_line_number,
        name as sub_line_item_name,
        quantity,
        price,
        subtotal
    from sub_line_items
)

select * from final
