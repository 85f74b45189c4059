-- Products of plans (legacy), deprecated ones included, one row each.
--
-- grain    product_id
-- columns
--   product_id    text   the product
--   product_name  text?  its name
with
products as (
    select * from current.product
),

final as (
    select
        id as product_id,
        name as product_name
    from products
)

select * from final
