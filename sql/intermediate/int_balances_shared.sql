-- Contracts that may use a commit or credit of the customer above them in a hierarchy, one row each.
--
-- The API says which contracts below may; the export does not, there all of them may.
--
-- grain    balance_id, contract_id
-- columns
--   balance_id   text  the commit or credit, of the customer above
--   contract_id  text  the contract below that may use it
with
balances as (
    select * from int_balances_unified
),

hierarchies as (
    select * from int_hierarchies_unified
),

api_balances as (
    select * from stg_api__balances
),

chosen as (
    select balance_id, unnest(json_elements(child_contract_ids)) as contract_id
    from api_balances
    where child_access = 'CONTRACT_IDS'
),

reachable as (
    select balances.balance_id, hierarchies.contract_id, coalesce(api_balances.child_access, 'ALL') as child_access
    from balances
    inner join hierarchies
        on balances.customer_id = hierarchies.parent_customer_id
        and (balances.contract_id is null or balances.contract_id = hierarchies.parent_contract_id)
    left join api_balances on balances.balance_id = api_balances.balance_id
),

final as (
    select reachable.balance_id, reachable.contract_id
    from reachable
    left join chosen on reachable.balance_id = chosen.balance_id and reachable.contract_id = chosen.contract_id
    where reachable.child_access <> 'NONE' and (reachable.child_access <> 'CONTRACT_IDS' or chosen.contract_id is not null)
    group by reachable.balance_id, reachable.contract_id
)

select * from final
