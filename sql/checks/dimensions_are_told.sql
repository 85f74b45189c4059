-- Customers and contracts that do not say what a column of `[dimensions]` asks of them: it is empty in the reports.
--
-- severity warn
with
dimensions as (
    select * from stg_settings__dimensions
),

customers as (
    select * from int_customers_unified where archived_at is null
),

contracts as (
    select * from int_contracts_unified
),

told as (
    select * from int_dimensions_told
),

asked as (
    select
        dimensions.dimension_name,
        dimensions.dimension_path,
        'customer_id' as found_by,
        customers.customer_id as owner_id,
        customers.customer_name as owner_name
    from dimensions
    inner join customers on dimensions.owner = 'customer'
    union all
    select
        dimensions.dimension_name,
        dimensions.dimension_path,
        'contract_id' as found_by,
        contracts.contract_id as owner_id,
        contracts.contract_name as owner_name
    from dimensions
    inner join contracts on dimensions.owner = 'contract'
),

final as (
    select
        asked.dimension_name,
        asked.dimension_path,
        asked.found_by,
        asked.owner_id,
        asked.owner_name
    from asked
    left anti join told
        on asked.dimension_name = told.dimension_name
        and asked.found_by = told.found_by
        and asked.owner_id = told.owner_id
)

select * from final order by dimension_name, owner_id
