-- Columns of `[dimensions]` that name a custom field or other member that no customer or contract has.
--
-- severity block
with
dimensions as (
    select * from stg_settings__dimensions where member is not null
),

customers as (
    select * from int_customers_unified
),

contracts as (
    select * from int_contracts_unified
),

told as (
    select * from int_dimensions_told
),

objects as (
    select 'customer' as owner, 'custom_fields' as field, custom_fields as object from customers
    union all
    select 'contract' as owner, 'custom_fields' as field, custom_fields as object from contracts
    union all
    select 'contract' as owner, 'custom_fields' as field, metadata as object from contracts
    union all
    select 'contract' as owner, 'metadata' as field, metadata as object from contracts
),

members as (
    select distinct owner, field, unnest(json_keys(object)) as member from objects
),

unknown as (
    select dimension_name, dimension_path, owner, field, member
    from dimensions
    where dimension_name not in (select dimension_name from told)
        and owner in (select owner from objects)
),

compared as (
    select
        unknown.dimension_name,
        unknown.dimension_path,
        members.member,
        levenshtein(lower(unknown.member), lower(members.member)) as letters_apart,
        greatest(6, length(unknown.member)) as letters
    from unknown
    left join members on unknown.owner = members.owner and unknown.field = members.field
),

final as (
    select
        dimension_name,
        dimension_path,
        first_value(member order by letters_apart, member) filter (where letters_apart * 3 <= letters) as did_you_mean
    from compared
    group by dimension_name, dimension_path
)

select * from final order by dimension_name
