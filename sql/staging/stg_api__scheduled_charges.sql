-- Scheduled charges of contracts as the API lists them, one row each.
--
-- grain    contract_id, charge_number
-- columns
--   contract_id    text     the contract it is on
--   charge_number  integer  place in the contract, from 0
--   charge_id      text?    the scheduled charge
--   product_id     text?    the product it bills
with
charges as (
    select * from api.contract_scheduled_charges
),

final as (
    select contract_id, charge_number, id as charge_id, product_id from charges
)

select * from final
