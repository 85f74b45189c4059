-- Contracts below another one in a hierarchy of customers, one row each.
--
-- The customer above may let the one below use its commits and credits, and may pay its invoices. The API's contracts stand where
-- there are any. It is the hierarchy of today: neither channel tells since when.
--
-- grain    contract_id
-- columns
--   contract_id         text     the contract
--   parent_customer_id  text     the customer above
--   parent_contract_id  text?    the contract above
--   is_paid_by_parent   boolean  whether the customer above pays its invoices
with
api_contracts as (
    select * from stg_api__contracts
),

export_hierarchies as (
    select * from stg_egress__contract_hierarchies
),

final as (
    select contract_id, parent_customer_id, parent_contract_id, is_paid_by_parent
    from api_contracts
    where parent_customer_id is not null
    union all
    select contract_id, parent_customer_id, parent_contract_id, is_paid_by_parent
    from export_hierarchies
    where not exists (select 1 from api_contracts)
)

select * from final
