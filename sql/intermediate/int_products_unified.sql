-- Products by name, one row each: those of contracts, the API's or else the export's newest version, and those of plans.
--
-- grain    product_id
-- columns
--   product_id    text   the product, as lines name it
--   product_name  text?  its name
with
versions as (
    select
        product_id,
        product_name,
        row_number() over (
            partition by product_id order by product_version desc nulls last, product_version_id desc
        ) as recency
    from stg_egress__product_versions
),

named as (
    select product_id, product_name, 1 as preference from stg_api__products
    union all
    select product_id, product_name, 2 as preference from versions where recency = 1
    union all
    select product_id, product_name, 3 as preference from stg_egress__products
),

ranked as (
    select *, row_number() over (partition by product_id order by preference) as place
    from named
    where product_id is not null
),

final as (
    select product_id, product_name from ranked where place = 1
)

select * from final
