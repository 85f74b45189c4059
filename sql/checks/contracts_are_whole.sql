-- Contracts whose answer was cut and says there are more commits or credits, while no balance of them was read.
--
-- severity warn
with
contracts as (
    select * from stg_api__contracts where has_more_commits or has_more_credits
),

balances as (
    select * from stg_api__balances
),

final as (
    select
        contracts.contract_id,
        contracts.customer_id,
        contracts.contract_name
    from contracts
    left anti join balances on contracts.contract_id = balances.contract_id
)

select * from final order by contract_id
