-- Amounts in cents with more than 16 decimal places: as dollars they would have to be rounded.
--
-- severity block
with
invoices as (
    select id, 'invoice' as kind, total from current.invoice
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
),

line_items as (
    select id, 'line_item' as kind, total from current.line_item
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
),

unit_prices as (
    select id, 'line_item unit price' as kind, unit_price as total from current.line_item
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
),

sub_line_items as (
    select sub.id, 'sub_line_item' as kind, sub.subtotal as total
    from current.sub_line_item as sub
    inner join current.line_item as line on sub.line_item_id = line.id
    where line.credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
),

amounts as (
    select * from invoices
    union all
    select * from line_items
    union all
    select * from unit_prices
    union all
    select * from sub_line_items
),

final as (
    select
        kind,
        id,
        total
    from amounts
    where money_mul(money_mul(total, 0.01), 100) <> total
        -- A double has 17 significant digits at most: it is approximate, and rounded at the 18th decimal.
        and length(ltrim(replace(rtrim(cast(abs(total) as varchar), '0'), '.', ''), '0')) > 17
)

select * from final order by kind, id
