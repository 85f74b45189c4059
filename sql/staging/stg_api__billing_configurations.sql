-- Billing providers set up for customers, archived or not, one row each.
--
-- grain    billing_configuration_id
-- columns
--   billing_configuration_id      text        the configuration
--   customer_id                   text?       the customer
--   billing_provider              text?       the provider, such as stripe
--   billing_provider_customer_id  text?       the customer's id there, where the configuration names one
--   archived_at                   timestamp?  when it was archived, UTC
with
configurations as (
    select * from api.billing_configurations
),

final as (
    select
        id as billing_configuration_id,
        customer_id,
        billing_provider,
        -- Each provider's settings name the customer in a word of their own.
        coalesce(
            json_text(configuration, billing_provider || '_customer_id'),
            json_text(configuration, 'billing_provider_customer_id'),
            json_text(configuration, 'aws_customer_id'),
            json_text(configuration, 'azure_subscription_id'),
            json_text(configuration, 'gcp_entitlement_id')
        ) as billing_provider_customer_id,
        real_instant(archived_at) as archived_at
    from configurations
)

select * from final
