-- Finalized usage of contracts by month, and what of it no commit or credit paid for.
--
-- Everything is split by the days of its service period, as revenue is; invoices too. Under `uncovered` overage is what nothing
-- covers, under `without_commit` the lines that name no balance. What a consolidated invoice repeats counts on the contract
-- that used it. Of the pack of a month no later one counts.
--
-- grain    customer_id, contract_id, month, currency
-- params   $overage_rule uncovered|without_commit = uncovered, $cutoff instant
-- columns
--   customer_id       text?                       the customer
--   contract_id       text                        the contract
--   month             date                        first day of the month of service, UTC
--   currency          text?                       currency or custom unit of the amounts
--   usage_amount      decimal(38, 18)? [currency]  all usage at the price billed; null where a line has no total
--   uncovered_amount  decimal(38, 18)? [currency]  of it: overage by the rule
--   invoice_amount    decimal(38, 18)? [currency]  totals of the usage invoices in this currency, without purchases, true-ups and scheduled fees on them; null where one has none
with
netted as (
    select *
    from int_usage_netted
    where billed_role = 'usage' and not is_draft and not is_consolidated and contract_id is not null
),

invoices as (
    select invoices.*
    from int_invoices_unified as invoices
    inner join int_invoices_classified as kinds on invoices.invoice_id = kinds.invoice_id
    where kinds.invoice_kind = 'usage'
        and invoices.invoice_status = 'FINALIZED'
        and invoices.contract_id is not null
        and coalesce(upper(invoices.invoice_type) not like '%CONSOLIDATED%', true)
),

-- What an invoice bills besides usage, as others bill it by themselves.
billed_apart as (
    select invoice_id, money_total(total_amount) as total_amount
    from int_lines_classified
    where is_money
        and billed_role in ('purchase', 'trueup', 'scheduled')
        and not (line_role = 'application' and balance_type = 'postpaid')
    group by invoice_id
),

periods as (
    select * from int_service_periods_split
),

amounts as (
    select
        customer_id,
        contract_id,
        currency,
        starting_at,
        ending_before,
        point_month,
        gross_amount as usage_amount,
        case when $overage_rule = 'without_commit' then unnamed_amount else open_amount end as uncovered_amount,
        cast(0 as decimal(38, 18)) as invoice_amount
    from netted
    union all
    select
        invoices.customer_id,
        invoices.contract_id,
        invoices.currency,
        invoices.starting_at,
        invoices.ending_before,
        month_of(invoices.starting_at) as point_month,
        cast(0 as decimal(38, 18)) as usage_amount,
        cast(0 as decimal(38, 18)) as uncovered_amount,
        case
            when billed_apart.invoice_id is null then invoices.total_amount
            else invoices.total_amount - billed_apart.total_amount
        end as invoice_amount
    from invoices
    left join billed_apart on invoices.invoice_id = billed_apart.invoice_id
),

placed as (
    select
        amounts.*,
        coalesce(periods.month, amounts.point_month) as month,
        coalesce(periods.days_before, 0) as days_before,
        coalesce(periods.days_through, 1) as days_through,
        coalesce(periods.days, 1) as days
    from amounts
    left join periods on amounts.starting_at = periods.starting_at and amounts.ending_before = periods.ending_before
),

final as (
    select
        customer_id,
        contract_id,
        month,
        currency,
        money_total(
            money_share(usage_amount, days_through, days) - money_share(usage_amount, days_before, days)
        ) as usage_amount,
        money_total(
            money_share(uncovered_amount, days_through, days)
            - money_share(uncovered_amount, days_before, days)
        ) as uncovered_amount,
        money_total(
            money_share(invoice_amount, days_through, days)
            - money_share(invoice_amount, days_before, days)
        ) as invoice_amount
    from placed
    where month is not null and ($cutoff is null or month < date_in_zone($cutoff, 'UTC'))
    group by customer_id, contract_id, month, currency
)

select * from final
