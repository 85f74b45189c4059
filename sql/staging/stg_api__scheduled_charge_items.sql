-- Dates at which scheduled charges are billed as the API lists them, one row each; amounts in currency units.
--
-- grain    contract_id, charge_number, item_number
-- columns
--   contract_id     text                         the contract it is on
--   charge_number   integer                      charge of that contract
--   item_number     integer                      place in its schedule, from 0
--   dated_at        timestamp?                   when it is billed, UTC
--   currency        text?                        currency of the amount: USD, or else its credit type
--   charged_amount  decimal(38, 18)? [currency]  what is billed then
with
items as (
    select * from api.contract_scheduled_charge_items
),

final as (
    select
        contract_id,
        charge_number,
        item_number,
        real_instant("timestamp") as dated_at,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_id end as currency,
        money_mul(
            amount,
            case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as charged_amount
    from items
)

select * from final
