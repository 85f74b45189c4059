-- Products of contracts as the API lists them, archived ones included, one row each.
--
-- grain    product_id
-- columns
--   product_id    text   the product, as lines name it
--   product_name  text?  its name now
with
products as (
    select * from api.products
),

final as (
    select
        id as product_id,
        current_name as product_name
    from products
)

select * from final
