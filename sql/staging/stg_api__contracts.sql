-- Contracts as the API lists them, archived ones included, one row each.
--
-- grain    contract_id
-- columns
--   contract_id                text        the contract
--   customer_id                text?       the customer it was agreed with
--   contract_name              text?       its name
--   rate_card_id               text?       the rate card with its list prices
--   starting_at                timestamp?  when it takes effect, UTC
--   ending_before              timestamp?  when it stops, exclusive, UTC; null while open-ended
--   archived_at                timestamp?  when it was archived, UTC
--   payment_terms_days         integer?    days from issue until its invoices are due
--   has_more_commits           boolean?    whether the answer cut its list of commits
--   has_more_credits           boolean?    whether the answer cut its list of credits
--   salesforce_opportunity_id  text?       its opportunity at Salesforce
--   netsuite_sales_order_id    text?       its sales order at NetSuite
--   uniqueness_key             text?       what its maker gave so that it is not made twice
--   custom_fields              text?       JSON object of its custom fields
--   parent_customer_id         text?       the customer above, in a hierarchy
--   parent_contract_id         text?       the contract above
--   is_paid_by_parent          boolean     whether the customer above pays its invoices
with
contracts as (
    select * from api.contracts
),

final as (
    select
        id as contract_id,
        customer_id,
        name as contract_name,
        rate_card_id,
        real_instant(starting_at) as starting_at,
        real_instant(ending_before) as ending_before,
        real_instant(archived_at) as archived_at,
        net_payment_terms_days as payment_terms_days,
        has_more_commits,
        has_more_credits,
        salesforce_opportunity_id,
        netsuite_sales_order_id,
        uniqueness_key,
        custom_fields,
        json_text(json_text(hierarchy_configuration, 'parent'), 'customer_id') as parent_customer_id,
        json_text(json_text(hierarchy_configuration, 'parent'), 'contract_id') as parent_contract_id,
        coalesce(upper(json_text(hierarchy_configuration, 'payer')) = 'PARENT', false) as is_paid_by_parent
    from contracts
)

select * from final
