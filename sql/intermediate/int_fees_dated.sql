-- Terms of scheduled fees whose lines tell no period, one row an invoice and product.
--
-- A fee is for the time from the date it is billed for to the next date of its scheduled charge; the last one until the next
-- date that the rule of the charge gives, else until the contract ends, else for as long as the one before it. A fee dated
-- at the end of its contract is for the time before. Where no scheduled charge was delivered the dates are those of the
-- invoices that bill the product on the contract; then the last of several is for as long as the one before it. Where none of
-- this tells an end, policy does.
--
-- grain    invoice_id, product_id
-- params   $fees_without_term when_billed|over_a_year = when_billed
-- columns
--   invoice_id     text        the invoice
--   product_id     text        the product it bills
--   is_told        boolean     whether a scheduled charge or the contract tells its term
--   starting_at    timestamp?  begin of the term, UTC; null where the fee counts when it is billed
--   ending_before  timestamp?  end of it, exclusive, UTC
with
invoices as (
    select * from int_invoices_unified where invoice_status in ('FINALIZED', 'DRAFT')
),

lines as (
    select *
    from int_line_items_unified
    where line_type = 'scheduled' and not has_own_period and commit_id is null and product_id is not null
),

contracts as (
    select contract_id, cast(starting_at as date) as first_day, cast(ending_before as date) as end_day
    from int_contracts_unified
),

charged as (
    select * from int_charges_dated
),

-- A draft of the export does not say when it will be issued: what stands on a usage invoice is dated its end.
fees as (
    select
        lines.invoice_id,
        lines.product_id,
        invoices.contract_id,
        cast(min(coalesce(invoices.issued_at, invoices.ending_before)) as date) as fee_day,
        money_total(lines.total_amount) as fee_amount
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    group by lines.invoice_id, lines.product_id, invoices.contract_id
),

schedules as (
    select contract_id, product_id, charge_id, day, max(recurring_months) as recurring_months,
        money_total(charged_amount) as charged_amount, true as is_whole
    from charged
    where day is not null and contract_id is not null
    group by contract_id, product_id, charge_id, day
    union all
    select fees.contract_id, fees.product_id, cast(null as varchar) as charge_id, fees.fee_day as day,
        cast(null as bigint) as recurring_months, cast(null as decimal(38, 18)) as charged_amount, false as is_whole
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

terms as (
    select
        contract_id,
        product_id,
        charge_id,
        charged_amount,
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
        end as term_end_day
    from stretched
),

ranked as (
    select
        fees.invoice_id,
        fees.product_id,
        terms.term_day,
        terms.term_end_day,
        row_number() over (
            partition by fees.invoice_id, fees.product_id
            order by (terms.charged_amount = fees.fee_amount) desc nulls last, terms.charge_id
        ) as place
    from fees
    inner join terms on fees.contract_id = terms.contract_id and fees.product_id = terms.product_id
    -- Invoices are issued on their date or soon after it; what is issued earlier is the first.
    where (terms.day <= fees.fee_day or terms.day_before is null)
        and (fees.fee_day < terms.day_after or terms.day_after is null)
),

told as (
    select invoice_id, product_id, term_day, term_end_day from ranked where place = 1 and term_day < term_end_day
),

final as (
    select
        fees.invoice_id,
        fees.product_id,
        told.invoice_id is not null as is_told,
        cast(
            coalesce(told.term_day, case when $fees_without_term = 'over_a_year' then fees.fee_day end)
            as timestamp(6) with time zone
        ) as starting_at,
        cast(
            coalesce(told.term_end_day, case when $fees_without_term = 'over_a_year' then add_months(fees.fee_day, 12) end)
            as timestamp(6) with time zone
        ) as ending_before
    from fees
    left join told on fees.invoice_id = told.invoice_id and fees.product_id = told.product_id
)

select * from final
