-- Columns that reports have of what other systems call customers and contracts, one row each.
--
-- grain    dimension_name
-- columns
--   dimension_name  text   the column
--   dimension_path  text?  where its text stands, as it was written in settings
--   owner           text?  customer or contract
--   field           text?  the field of the customer or contract
--   member          text?  the member of the field's object; null where the field is the text itself
with
dimensions as (
    select * from settings.dimensions
),

final as (
    select
        dimension_name,
        dimension_path,
        owner,
        field,
        member
    from dimensions
)

select * from final
