-- Dates at which scheduled charges are billed, one row each, of the newest complete snapshot; amounts in currency units.
--
-- grain    charge_id, item_number
-- columns
--   charge_id       text                         the scheduled charge
--   item_number     integer                      place in its schedule, from 0
--   contract_id     text?                        the contract it is on
--   product_id      text?                        the product it bills
--   dated_at        timestamp?                   when it is billed, UTC
--   recurring_months integer?                    months from one date to the next, where a rule tells
--   currency        text?                        currency of the amount
--   charged_amount  decimal(38, 18)? [currency]  what is billed then; null where it is no decimal
with
charges as (
    select * from current.contracts_scheduled_charges
),

schedules as (
    select
        id as charge_id,
        contract_id,
        product_id,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end as units_per_amount,
        lower(json_text(json_text(schedule, 'recurring_schedule'), 'frequency')) as frequency,
        json_elements(json_text(schedule, 'schedule_items')) as items
    from charges
),

items as (
    select
        charge_id,
        contract_id,
        product_id,
        currency,
        units_per_amount,
        frequency,
        unnest(items) as item,
        unnest(range(0, cast(array_length(items) as bigint))) as item_number
    from schedules
),

final as (
    select
        charge_id,
        item_number,
        contract_id,
        product_id,
        real_instant(try_instant(json_text(item, 'date'))) as dated_at,
        case frequency when 'monthly' then 1 when 'quarterly' then 3 when 'semi_annual' then 6 when 'annual' then 12 end
            as recurring_months,
        currency,
        money_mul(try_exact_decimal(json_text(item, 'amount')), units_per_amount) as charged_amount
    from items
)

select * from final
