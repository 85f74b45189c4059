-- Products by name, one row each: those of contracts, the API's or else the export's newest version, those of plans, and where
-- none of these was delivered, what lines of the product are called: of several names the one that most lines have.
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

lines as (
    select product_id, line_item_name from stg_api__line_items
    where line_type is distinct from 'applied_commit_or_credit'
    union all
    select product_id, line_item_name from stg_egress__line_items where total_amount >= 0
    union all
    select product_id, line_item_name from stg_egress__draft_line_items where total_amount >= 0
),

line_names as (
    select
        product_id,
        line_item_name as product_name,
        row_number() over (partition by product_id order by count(*) desc, line_item_name) as place
    from lines
    where product_id is not null and line_item_name is not null
    group by product_id, line_item_name
),

named as (
    select product_id, product_name, 1 as preference from stg_api__products
    union all
    select product_id, product_name, 2 as preference from versions where recency = 1
    union all
    select product_id, product_name, 3 as preference from stg_egress__products
    union all
    select product_id, product_name, 4 as preference from line_names where place = 1
),

ranked as (
    select *, row_number() over (partition by product_id order by preference) as place
    from named
    where product_id is not null and product_name is not null
),

final as (
    select product_id, product_name from ranked where place = 1
)

select * from final
