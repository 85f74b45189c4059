-- Versions of contract products, one row each.
--
-- grain    product_version_id
-- columns
--   product_version_id  text        the version
--   product_id          text?       the product, as lines name it
--   product_version     integer?    its number, rising
--   product_name        text?       the product's name in this version
--   is_fixed            boolean     whether its price does not follow usage: fees, purchases of commits
--   billable_metric_id  text?       the metric that measures its quantity, of usage products
--   is_converted        boolean     whether the metric's quantity is converted or rounded before it is priced
--   starting_at         timestamp?  when it came into force, UTC; null from the beginning
with
product_versions as (
    select * from current.contracts_product_list_item_versions
),

final as (
    select
        id as product_version_id,
        product_list_item_id as product_id,
        version as product_version,
        name as product_name,
        -- The words of types are not documented; the API's are such as FixedProductListItem.
        coalesce(lower(type) like '%fixed%', false) as is_fixed,
        billable_metric_id,
        coalesce(quantity_conversion, quantity_rounding) is not null as is_converted,
        real_instant(starting_at) as starting_at
    from product_versions
)

select * from final
