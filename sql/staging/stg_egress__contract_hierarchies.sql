-- Contracts below another one in a hierarchy of customers, of the newest complete snapshot, one row each.
--
-- grain    contract_id
-- columns
--   contract_id          text     the contract
--   parent_customer_id   text     the customer above
--   parent_contract_id   text?    the contract above
--   is_paid_by_parent    boolean  whether the customer above pays its invoices
with
configurations as (
    select * from current.contract_hierarchy_configurations
),

final as (
    select
        id as contract_id,
        parent_customer_id,
        parent_contract_id,
        coalesce(upper(payer) = 'PARENT', false) as is_paid_by_parent
    from configurations
    where parent_customer_id is not null
)

select * from final
