-- Customers of the API, and those of the export that the API does not know, one row each.
--
-- grain    customer_id
-- params   $as_of instant, $cutoff instant
-- columns
--   customer_id                   text        the customer
--   channel                       text        api or egress: where the row comes from
--   customer_name                 text?       its name
--   ingest_aliases                text?       the names usage is sent under, joined by `; ` in the order listed
--   archived_at                   timestamp?  when it was archived, UTC
--   environment                   text?       SANDBOX or PRODUCTION, which only the export tells
--   billing_provider              text?       where its invoices go; several are joined by `; `
--   billing_provider_customer_id  text?       its id there, in the same order
--   salesforce_account_id         text?       its account at Salesforce
--   custom_fields                 text?       JSON object of its custom fields
with
api_customers as (
    select * from stg_api__customers
),

export_customers as (
    select * from stg_egress__customers
),

configurations as (
    select * from stg_api__billing_configurations where archived_at is null and customer_id is not null
),

providers as (
    select
        customer_id,
        string_agg(coalesce(billing_provider, '?'), '; ' order by billing_provider, billing_configuration_id)
            as billing_provider,
        count(billing_provider_customer_id) as known_id_count,
        string_agg(
            coalesce(billing_provider_customer_id, '?'), '; ' order by billing_provider, billing_configuration_id
        ) as billing_provider_customer_id
    from configurations
    group by customer_id
),

listed as (
    select
        api_customers.customer_id,
        'api' as channel,
        api_customers.customer_name,
        api_customers.ingest_aliases,
        api_customers.archived_at,
        export_customers.environment,
        coalesce(providers.billing_provider, export_customers.billing_provider) as billing_provider,
        case
            when providers.customer_id is null then export_customers.billing_provider_customer_id
            when providers.known_id_count > 0 then providers.billing_provider_customer_id
        end as billing_provider_customer_id,
        coalesce(api_customers.salesforce_account_id, export_customers.salesforce_account_id) as salesforce_account_id,
        coalesce(api_customers.custom_fields, export_customers.custom_fields) as custom_fields
    from api_customers
    left join export_customers on api_customers.customer_id = export_customers.customer_id
    left join providers on api_customers.customer_id = providers.customer_id
),

exported as (
    select
        export_customers.customer_id,
        'egress' as channel,
        export_customers.customer_name,
        export_customers.ingest_aliases,
        export_customers.archived_at,
        export_customers.environment,
        export_customers.billing_provider,
        export_customers.billing_provider_customer_id,
        export_customers.salesforce_account_id,
        export_customers.custom_fields
    from export_customers
    left anti join api_customers on export_customers.customer_id = api_customers.customer_id
),

customers as (
    select * from listed
    union all
    select * from exported
),

final as (
    select
        customer_id,
        channel,
        customer_name,
        nullif(array_to_string(json_elements(ingest_aliases), '; '), '') as ingest_aliases,
        case when coalesce($as_of, $cutoff) is null or archived_at < coalesce($as_of, $cutoff) then archived_at end as archived_at,
        environment,
        billing_provider,
        billing_provider_customer_id,
        salesforce_account_id,
        custom_fields
    from customers
)

select * from final
