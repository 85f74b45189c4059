-- Customers, archived ones included, one row each.
--
-- grain    customer_id
-- columns
--   customer_id                   text        the customer, Metronome's id
--   customer_name                 text?       its name
--   ingest_aliases                text?       JSON list of the names usage is sent under
--   archived_at                   timestamp?  when it was archived, UTC
--   environment                   text?       SANDBOX or PRODUCTION
--   billing_provider              text?       the provider that collects payment, such as stripe
--   billing_provider_customer_id  text?       the customer's id there
--   salesforce_account_id         text?       its account at Salesforce
--   custom_fields                 text?       JSON object of its custom fields
with
customers as (
    select * from current.customer
),

final as (
    select
        id as customer_id,
        name as customer_name,
        ingest_aliases,
        real_instant(archived_at) as archived_at,
        environment_type as environment,
        billing_provider_type as billing_provider,
        billing_provider_customer_id,
        salesforce_account_id,
        custom_fields
    from customers
)

select * from final
