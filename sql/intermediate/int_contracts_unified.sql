-- Contracts of either channel, one row each, with what other systems call them.
--
-- The API is asked later than files are delivered, so what it says counts; what it does not say the export may.
--
-- grain    contract_id
-- columns
--   contract_id                text   the contract
--   customer_id                text?  the customer it was agreed with
--   contract_name              text?  its name
--   salesforce_opportunity_id  text?  its opportunity at Salesforce, which only the API tells
--   netsuite_sales_order_id    text?  its sales order at NetSuite, which only the API tells
--   uniqueness_key             text?  what its maker gave so that it is not made twice, which only the API tells
--   custom_fields              text?  JSON object of its custom fields, of the API
--   metadata                   text?  JSON object of its custom fields and other details, of the export
with
api_contracts as (
    select * from stg_api__contracts
),

export_contracts as (
    select * from stg_egress__contracts
),

final as (
    select
        coalesce(api_contracts.contract_id, export_contracts.contract_id) as contract_id,
        coalesce(api_contracts.customer_id, export_contracts.customer_id) as customer_id,
        coalesce(api_contracts.contract_name, export_contracts.contract_name) as contract_name,
        api_contracts.salesforce_opportunity_id,
        api_contracts.netsuite_sales_order_id,
        api_contracts.uniqueness_key,
        api_contracts.custom_fields,
        export_contracts.metadata
    from api_contracts
    full join export_contracts on api_contracts.contract_id = export_contracts.contract_id
)

select * from final
