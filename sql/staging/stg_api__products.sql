-- Products of contracts as the API lists them, archived ones included, one row each.
--
-- grain    product_id
-- columns
--   product_id          text     the product, as lines name it
--   product_name        text?    its name now
--   billable_metric_id  text?    the metric that measures its quantity now, of usage products
--   is_converted        boolean  whether that quantity is converted or rounded before it is priced
with
products as (
    select * from api.products
),

final as (
    select
        id as product_id,
        current_name as product_name,
        current_billable_metric_id as billable_metric_id,
        coalesce(
            current_quantity_conversion_name,
            current_quantity_conversion_operation,
            cast(current_quantity_rounding_decimal_places as varchar)
        ) is not null as is_converted
    from products
)

select * from final
