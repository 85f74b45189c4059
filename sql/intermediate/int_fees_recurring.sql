-- Fees that recur with the service period that each is for, one row each: what the customer pays for one, or a free credit does.
--
-- A subscription recurs. A scheduled fee does where the scheduled charges of its contract and product have a rule or more than one
-- date, or, where none was delivered, where it was billed for more than one period; else it is billed once. What a commit pays
-- for is left out: that is committed. Drafts count, since a fee stands on one until its invoice is final.
--
-- grain    netted_id
-- columns
--   netted_id      text                         the fee of one product, invoice and period
--   customer_id    text?                        the customer billed
--   contract_id    text?                        the contract billed
--   currency       text?                        currency of the amount
--   first_day      date                         first day of the service period, UTC
--   end_day        date                         the day after its last; the day of the last instant counts
--   fee_amount     decimal(38, 18)? [currency]  for the whole period
--   whole_months   integer?                     months of the period where it is whole ones, counted from any day of the month
--   days           integer                      days of it
with
fees as (
    select *
    from int_usage_netted
    where is_counted and is_money and billed_role in ('subscription', 'scheduled') and starting_at < ending_before
),

charges as (
    select contract_id, product_id, count(distinct day) as day_count, bool_or(recurring_months is not null) as has_rule
    from int_charges_dated
    where day is not null
    group by contract_id, product_id
),

billed as (
    select contract_id, product_id, count(distinct starting_at) as period_count
    from fees
    where billed_role = 'scheduled'
    group by contract_id, product_id
),

recurring as (
    select
        fees.*,
        cast(fees.starting_at as date) as first_day,
        cast(fees.ending_before - interval '1 microsecond' as date) + 1 as end_day
    from fees
    left join charges on fees.contract_id = charges.contract_id and fees.product_id = charges.product_id
    left join billed on fees.contract_id = billed.contract_id and fees.product_id = billed.product_id
    where fees.billed_role = 'subscription'
        or case
            when charges.contract_id is not null then charges.has_rule or charges.day_count > 1
            else coalesce(billed.period_count > 1, false)
        end
),

counted as (
    select
        *,
        cast(array_length(months_through(first_day, end_day)) as bigint) - 1 as month_count
    from recurring
),

final as (
    select
        netted_id,
        customer_id,
        contract_id,
        currency,
        first_day,
        end_day,
        open_amount + credit_amount as fee_amount,
        -- A month has not every day: from January 31st it is to the last of February, and from there to March 31st.
        case
            when month_count > 0
                and (add_months(first_day, month_count) = end_day or add_months(end_day, -month_count) = first_day)
                then month_count
        end as whole_months,
        end_day - first_day as days
    from counted
)

select * from final
