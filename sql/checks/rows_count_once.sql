-- Ids that stand more than once in the rows reports are made of, such as under an environment and under none.
--
-- severity block
with
ids as (
    select 'invoice' as kind, invoice_id as id from stg_egress__invoices
    union all
    select 'line_item' as kind, line_item_id as id from stg_egress__line_items
    union all
    select 'sub_line_item' as kind, sub_line_item_id as id from stg_egress__sub_line_items
    union all
    select 'customer' as kind, customer_id as id from stg_egress__customers
    union all
    select 'plan' as kind, plan_id as id from stg_egress__plans
    union all
    select 'product' as kind, product_id as id from stg_egress__products
),

final as (
    select
        kind,
        id,
        count(*) as row_count
    from ids
    group by kind, id
    having count(*) > 1
)

select * from final order by kind, id
