-- Dates of scheduled charges with the time that each is for, one row a charge and date.
--
-- A fee is for the time from the date it is billed for to the next date of its scheduled charge; the last one until the next
-- date that the rule of the charge gives, else until the contract ends, else for as long as the one before it. A fee dated
-- at the end of its contract is for the time before. Where no scheduled charge was delivered the dates are those of the
-- invoices that bill the product on the contract; then the last of several is for as long as the one before it.
--
-- grain    contract_id, product_id, charge_id, day
-- columns
--   contract_id     text                         the contract it is on
--   product_id      text?                        the product it bills
--   charge_id       text?                        the scheduled charge; null where none was delivered
--   day             date                         when it is billed, UTC
--   day_before      date?                        the date before it
--   day_after       date?                        the one after it
--   term_day        date?                        first day of the time it is for
--   term_end_day    date?                        the day after the last; null where nothing tells it
--   contract_end_day  date?                      the day after the contract's last
--   currency        text?                        currency or custom unit of the amount
--   charged_amount  decimal(38, 18)? [currency]  what is billed then; null where no scheduled charge was delivered
with
fees as (
    select * from int_fees_invoiced
),

contracts as (
    select contract_id, cast(starting_at as date) as first_day, cast(ending_before as date) as end_day
    from int_contracts_unified
),

charged as (
    select * from int_charges_dated
),

schedules as (
    select contract_id, product_id, charge_id, day, max(recurring_months) as recurring_months,
        max(currency) as currency, money_total(charged_amount) as charged_amount, true as is_whole
    from charged
    where day is not null and contract_id is not null
    group by contract_id, product_id, charge_id, day
    union all
    select fees.contract_id, fees.product_id, cast(null as varchar) as charge_id, fees.fee_day as day,
        cast(null as bigint) as recurring_months, cast(null as varchar) as currency,
        cast(null as decimal(38, 18)) as charged_amount, false as is_whole
    from fees
    left anti join charged on fees.contract_id = charged.contract_id and fees.product_id = charged.product_id
    where fees.fee_day is not null and fees.contract_id is not null
    group by fees.contract_id, fees.product_id, fees.fee_day
),

neighboured as (
    select
        *,
        lag(day) over (partition by contract_id, product_id, charge_id order by day) as day_before,
        lead(day) over (partition by contract_id, product_id, charge_id order by day) as day_after
    from schedules
),

-- As long as the one before it: as many months, or as many days where both are in one month.
stretched as (
    select
        neighboured.*,
        contracts.first_day,
        contracts.end_day,
        case
            when neighboured.recurring_months is not null
                then add_months(neighboured.day, neighboured.recurring_months)
            when month_of(neighboured.day_before) < month_of(neighboured.day)
                then add_months(
                    neighboured.day,
                    cast(array_length(months_through(neighboured.day_before, neighboured.day)) as bigint) - 1
                )
            else neighboured.day + (neighboured.day - neighboured.day_before)
        end as repeated_day
    from neighboured
    left join contracts on neighboured.contract_id = contracts.contract_id
),

final as (
    select
        contract_id,
        product_id,
        charge_id,
        day,
        day_before,
        day_after,
        case when day >= end_day then coalesce(day_before, first_day) else greatest(day, first_day) end
            as term_day,
        case
            when day >= end_day then end_day
            when day_after is not null then day_after
            when is_whole and recurring_months is null then coalesce(end_day, repeated_day)
            else least(repeated_day, end_day)
        end as term_end_day,
        end_day as contract_end_day,
        currency,
        charged_amount
    from stretched
)

select * from final
