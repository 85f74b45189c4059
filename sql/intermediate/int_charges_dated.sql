-- Dates at which scheduled charges of contracts are billed, one row each: the API's, or the export's of contracts that the API has not
-- told of.
--
-- grain    charge_key, item_number
-- columns
--   charge_key        text                         the scheduled charge; of the API contract and place in it
--   item_number       integer                      place in its schedule, from 0
--   contract_id       text?                        the contract it is on
--   product_id        text?                        the product it bills
--   charge_id         text?                        the scheduled charge
--   day               date?                        when it is billed, UTC
--   recurring_months  integer?                     months from one date to the next, where a rule tells
--   charged_amount    decimal(38, 18)? [currency]  what is billed then
--   currency          text?                        currency or custom unit of the amount
with
api_charges as (
    select * from stg_api__scheduled_charges
),

api_items as (
    select * from stg_api__scheduled_charge_items
),

export_items as (
    select * from stg_egress__scheduled_charge_items
),

-- The API names units by their ids.
unit_names as (
    select credit_type_id, max(currency) as currency
    from (
        select credit_type_id, currency from stg_egress__credit_types
        union all
        select credit_type_id, currency from stg_api__invoices
        union all
        select credit_type_id, currency from stg_api__balances
    )
    group by credit_type_id
),

final as (
    select
        api_items.contract_id || '/' || cast(api_items.charge_number as varchar) as charge_key,
        api_items.item_number,
        api_items.contract_id,
        api_charges.product_id,
        api_charges.charge_id,
        cast(api_items.dated_at as date) as day,
        cast(null as bigint) as recurring_months,
        api_items.charged_amount,
        coalesce(unit_names.currency, api_items.currency) as currency
    from api_items
    inner join api_charges
        on api_items.contract_id = api_charges.contract_id and api_items.charge_number = api_charges.charge_number
    left join unit_names on api_items.currency = unit_names.credit_type_id
    union all
    select
        export_items.charge_id as charge_key,
        export_items.item_number,
        export_items.contract_id,
        export_items.product_id,
        export_items.charge_id,
        cast(export_items.dated_at as date) as day,
        export_items.recurring_months,
        export_items.charged_amount,
        export_items.currency
    from export_items
    left anti join stg_api__contracts as api_contracts on export_items.contract_id = api_contracts.contract_id
)

select * from final
