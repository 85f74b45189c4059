-- Dates of scheduled charges with what no final invoice bills and no draft has earned of them, one row a charge and date.
--
-- Invoices name the product and not the charge, so that what a contract was billed for a product pays for its dates in their order. A
-- date that has passed counts as far as a draft bills it: what no invoice bills then is not known to be owed. Dates after the end of
-- the contract, and all of a contract that is archived, are never billed.
--
-- grain    contract_id, product_id, charge_id, day
-- params   $as_of instant, $cutoff instant, $fees_without_term when_billed|over_a_year = when_billed
-- columns
--   contract_id      text                         the contract it is on
--   product_id       text?                        the product it bills
--   charge_id        text?                        the scheduled charge
--   day              date                         when it is billed, UTC
--   from_day         date                         first day of the time it is for; the day itself where nothing tells that
--   end_day          date                         the day after the last
--   currency         text?                        currency of the amounts
--   charged_amount   decimal(38, 18) [currency]   what is billed then
--   unbilled_amount  decimal(38, 18) [currency]   of it: neither billed nor earned by a draft
with
data as (
    select
        cast(newest_at - interval '1 microsecond' as date) as as_of_day,
        month_of(newest_at - interval '1 microsecond') as as_of_month
    from int_data_dated
),

scheduled as (
    select *
    from int_fees_scheduled
    where charged_amount is not null and currency_digits(currency) is not null
),

contracts as (
    select * from int_contracts_unified
),

archived as (
    select distinct agreement_id as contract_id
    from int_agreements_unified
    where agreement_type = 'contract' and archived_at is not null
),

lines as (
    select * from int_lines_classified where line_role = 'scheduled' and is_counted and is_money
),

invoiced as (
    select * from int_fees_invoiced
),

revenue as (
    select * from int_revenue_recognized where is_draft and component = 'fee' and category = 'scheduled'
),

amounts as (
    select
        contract_id, product_id, invoice_currency as currency, total_amount as billed_amount,
        cast(null as decimal(38, 18)) as drafted_amount, cast(null as decimal(38, 18)) as accrued_amount
    from lines
    where not is_draft
    union all
    select
        lines.contract_id, lines.product_id, lines.invoice_currency as currency,
        cast(null as decimal(38, 18)) as billed_amount, lines.total_amount as drafted_amount,
        cast(null as decimal(38, 18)) as accrued_amount
    from lines
    cross join data
    left join invoiced on lines.invoice_id = invoiced.invoice_id and lines.product_id = invoiced.product_id
    where lines.is_draft and coalesce(invoiced.fee_day <= data.as_of_day, true)
    union all
    select
        revenue.contract_id, revenue.product_id, revenue.currency, cast(null as decimal(38, 18)) as billed_amount,
        cast(null as decimal(38, 18)) as drafted_amount, revenue.recognized_amount as accrued_amount
    from revenue
    cross join data
    where coalesce(revenue.month <= data.as_of_month, true)
),

covered as (
    select
        contract_id,
        product_id,
        currency,
        coalesce(money_sum(billed_amount), 0) + coalesce(money_sum(accrued_amount), 0) as covered_amount,
        greatest(coalesce(money_sum(drafted_amount), 0) - coalesce(money_sum(accrued_amount), 0), 0) as drafted_amount
    from amounts
    where product_id is not null
    group by contract_id, product_id, currency
),

dated as (
    select
        scheduled.*,
        scheduled.day <= data.as_of_day as is_due,
        contracts.starting_at as contract_starting_at
    from scheduled
    cross join data
    left join contracts on scheduled.contract_id = contracts.contract_id
),

ordered as (
    select
        *,
        money_sum(case when is_due then charged_amount else 0.00 end) over (partition by contract_id, product_id, currency)
            as due_amount,
        -- Of dates that have passed those after it, of dates to come those before it; what is credited pays for nothing.
        money_sum(greatest(charged_amount, 0)) over (
            partition by contract_id, product_id, currency, is_due
            order by case when is_due then date '2000-01-01' - day else day - date '2000-01-01' end, charge_id
            rows between unbounded preceding and current row
        ) - greatest(charged_amount, 0) as others_amount
    from dated
),

matched as (
    select
        ordered.*,
        case
            when is_due then greatest(
                least(
                    least(
                        greatest(ordered.due_amount - coalesce(covered.covered_amount, 0), 0),
                        coalesce(covered.drafted_amount, 0)
                    ) - ordered.others_amount,
                    ordered.charged_amount
                ),
                0
            )
            else ordered.charged_amount - greatest(
                least(
                    greatest(coalesce(covered.covered_amount, 0) - ordered.due_amount, 0) - ordered.others_amount,
                    ordered.charged_amount
                ),
                0
            )
        end as open_amount
    from ordered
    left join covered
        on ordered.contract_id = covered.contract_id
        and ordered.product_id = covered.product_id
        and ordered.currency = covered.currency
),

final as (
    select
        matched.contract_id,
        matched.product_id,
        matched.charge_id,
        matched.day,
        case when term_day < term_end_day then term_day else day end as from_day,
        case
            when term_day < term_end_day then term_end_day
            when $fees_without_term = 'over_a_year' then add_months(day, 12)
            else day + 1
        end as end_day,
        matched.currency,
        matched.charged_amount,
        case
            when archived.contract_id is not null
                or matched.day > matched.contract_end_day
                or matched.contract_starting_at >= coalesce($as_of, $cutoff)
                then cast(0 as decimal(38, 18))
            else matched.open_amount
        end as unbilled_amount
    from matched
    left join archived on matched.contract_id = archived.contract_id
)

select * from final
