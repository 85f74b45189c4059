-- What customers and contracts say of the dimensions that settings name, one row for each that says something.
--
-- A customer's is there once for the customer and once for each of its contracts: a report may name only the contract. The
-- export has a contract's custom fields among its metadata. A member that is no name of one may be two: `crm.id` is the
-- member `id` of the member `crm`.
--
-- grain    dimension_name, found_by, owner_id
-- columns
--   dimension_name   text  the column of the reports
--   found_by         text  customer_id or contract_id: what the next column is
--   owner_id         text  the customer or contract
--   dimension_value  text  what it says
with
dimensions as (
    select * from stg_settings__dimensions
),

customers as (
    select * from int_customers_unified
),

contracts as (
    select * from int_contracts_unified
),

fields as (
    select
        dimensions.dimension_name,
        dimensions.member,
        'customer_id' as found_by,
        customers.customer_id as owner_id,
        case dimensions.field
            when 'salesforce_account_id' then customers.salesforce_account_id
            when 'billing_provider_customer_id' then customers.billing_provider_customer_id
            when 'ingest_aliases' then customers.ingest_aliases
            when 'custom_fields' then customers.custom_fields
        end as field_text,
        cast(null as varchar) as field_text_elsewhere
    from dimensions
    inner join customers on dimensions.owner = 'customer'
    union all
    select
        dimensions.dimension_name,
        dimensions.member,
        'contract_id' as found_by,
        contracts.contract_id as owner_id,
        case dimensions.field
            when 'salesforce_opportunity_id' then contracts.salesforce_opportunity_id
            when 'netsuite_sales_order_id' then contracts.netsuite_sales_order_id
            when 'uniqueness_key' then contracts.uniqueness_key
            when 'custom_fields' then contracts.custom_fields
            when 'metadata' then contracts.metadata
        end as field_text,
        case when dimensions.field = 'custom_fields' then contracts.metadata end as field_text_elsewhere
    from dimensions
    inner join contracts on dimensions.owner = 'contract'
),

told as (
    select
        dimension_name,
        found_by,
        owner_id,
        case
            when member is null then field_text
            else coalesce(
                json_text(field_text, member),
                json_text(
                    json_text(field_text, split_part(member, '.', 1)), substr(member, strpos(member, '.') + 1)
                ),
                json_text(field_text_elsewhere, member)
            )
        end as dimension_value
    from fields
),

final as (
    select * from told where dimension_value <> ''
    union all
    select
        told.dimension_name,
        'contract_id' as found_by,
        contracts.contract_id as owner_id,
        told.dimension_value
    from told
    inner join contracts on told.owner_id = contracts.customer_id
    where told.found_by = 'customer_id' and told.dimension_value <> ''
)

select * from final
