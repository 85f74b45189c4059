-- Obligations of which what is expected by term or by pace is not what remains; commits of which what remains is not what was promised less
-- what was recognized, or for billed prepaid ones what the waterfall of deferred revenue has left and what is not billed yet, or for
-- postpaid ones what `overage_and_trueup` has left; and contracts of whose fees what remains is not what is billed for months to come, and
-- what no invoice bills of the scheduled charges.
--
-- severity block
with
report as (
    select * from remaining_performance_obligations where from_date is not null
),

obligations as (
    select distinct obligation_type, contract_id, commit_id, product_id, currency, customer_id, remaining_amount from report
),

data as (
    select
        cast(newest_at - interval '1 microsecond' as date) as as_of_day,
        month_of(newest_at - interval '1 microsecond') as as_of_month
    from int_data_dated
),

balances as (
    select * from int_balances_valued where currency_digits(currency) is not null
),

revenue as (
    select * from int_revenue_recognized
),

accounted as (
    select * from int_prepaid_accounted where currency_digits(currency) is not null
),

waterfall as (
    select * from deferred_revenue_waterfall
),

settled as (
    select * from overage_and_trueup where balance_type = 'postpaid'
),

bookings as (
    select * from int_deferrals_booked
),

-- What of a commit is not known the waterfall cannot be held to.
pools as (
    select distinct bookings.pool, bookings.currency
    from bookings
    left anti join accounted on bookings.pool = accounted.root_balance_id and accounted.adjusted_amount is null
),

drawn as (
    select balance_id, currency, count(*) = count(recognized_amount) as is_known, money_sum(recognized_amount) as amount,
        money_sum(case when is_draft and category = 'prepaid_drawdown' then recognized_amount end) as accrued_amount,
        money_sum(case when is_draft and category = 'true_up' then recognized_amount end) as trueup_amount
    from revenue
    where balance_id is not null and component <> 'fee'
    group by balance_id, currency
),

-- What is taken of what is to come by hand, or lapses, of postpaid commits is in what overage_and_trueup has left.
granted as (
    select balance_id, money_sum(amount) as amount
    from int_ledger_entries_classified
    where movement_class = 'grant'
    group by balance_id
),

scheduled as (
    select
        fees.contract_id,
        fees.product_id,
        fees.currency,
        coalesce(money_sum(case when fees.day <= data.as_of_day then fees.charged_amount end), 0) as due_amount,
        coalesce(
            money_sum(case when fees.day <= data.as_of_day and fees.charged_amount > 0 then fees.charged_amount end), 0
        ) as payable_amount,
        coalesce(
            money_sum(
                case
                    when data.as_of_day < fees.day
                        and coalesce(fees.day <= fees.contract_end_day, true)
                        and fees.charged_amount < 0
                        then fees.charged_amount
                end
            ),
            0
        ) as credited_amount,
        coalesce(
            money_sum(
                case when data.as_of_day < fees.day and coalesce(fees.day <= fees.contract_end_day, true) then fees.charged_amount end
            ),
            0
        ) as coming_amount
    from int_fees_scheduled as fees
    cross join data
    left anti join int_agreements_unified as archived
        on fees.contract_id = archived.agreement_id and archived.agreement_type = 'contract' and archived.archived_at is not null
    where fees.charged_amount is not null and currency_digits(fees.currency) is not null
    group by fees.contract_id, fees.product_id, fees.currency
),

billed as (
    select contract_id, product_id, invoice_currency as currency, money_sum(total_amount) as amount
    from int_lines_classified
    where line_role = 'scheduled' and is_counted and is_money and not is_draft
    group by contract_id, product_id, invoice_currency
),

drafted as (
    select lines.contract_id, lines.product_id, lines.invoice_currency as currency, money_sum(lines.total_amount) as amount
    from int_lines_classified as lines
    cross join data
    left join int_fees_invoiced as fees on lines.invoice_id = fees.invoice_id and lines.product_id = fees.product_id
    where lines.line_role = 'scheduled' and lines.is_counted and lines.is_money and lines.is_draft
        and coalesce(fees.fee_day <= data.as_of_day, true)
    group by lines.contract_id, lines.product_id, lines.invoice_currency
),

accrued as (
    select contract_id, product_id, currency, money_sum(recognized_amount) as amount
    from revenue
    where is_draft and component = 'fee' and category = 'scheduled'
    group by contract_id, product_id, currency
),

covered as (
    select
        scheduled.*,
        coalesce(billed.amount, 0) + coalesce(accrued.amount, 0) as covered_amount,
        greatest(coalesce(drafted.amount, 0) - coalesce(accrued.amount, 0), 0) as drafted_amount
    from scheduled
    left join billed
        on scheduled.contract_id = billed.contract_id and scheduled.product_id = billed.product_id
        and scheduled.currency = billed.currency
    left join drafted
        on scheduled.contract_id = drafted.contract_id and scheduled.product_id = drafted.product_id
        and scheduled.currency = drafted.currency
    left join accrued
        on scheduled.contract_id = accrued.contract_id and scheduled.product_id = accrued.product_id
        and scheduled.currency = accrued.currency
),

amounts as (
    select
        'by term' as figure, commit_id, contract_id, currency, remaining_amount as expected,
        cast(null as decimal(38, 18)) as found
    from obligations
    union all
    select 'by term' as figure, commit_id, contract_id, currency, cast(null as decimal(38, 18)) as expected, by_term_amount as found
    from report
    union all
    select
        'by pace' as figure, commit_id, contract_id, currency, remaining_amount as expected,
        cast(null as decimal(38, 18)) as found
    from obligations
    union all
    select 'by pace' as figure, commit_id, contract_id, currency, cast(null as decimal(38, 18)) as expected, by_pace_amount as found
    from report
    union all
    select
        'promised less recognized' as figure, balances.balance_id as commit_id, cast(null as varchar) as contract_id,
        balances.currency, balances.paid_amount - coalesce(drawn.amount, 0) as expected,
        cast(null as decimal(38, 18)) as found
    from balances
    left join drawn on balances.balance_id = drawn.balance_id and balances.currency = drawn.currency
    where balances.balance_type = 'prepaid' and balances.paid_amount <> 0 and coalesce(drawn.is_known, true)
    union all
    select
        'promised less recognized' as figure, commit_id, cast(null as varchar) as contract_id, currency,
        cast(null as decimal(38, 18)) as expected, remaining_amount as found
    from obligations
    where obligation_type = 'prepaid commit'
    union all
    -- Of a commit and what took its rest: what is deferred at the end of the newest month, and not billed yet, less what drafts draw.
    select
        'deferred and unbilled' as figure, waterfall.commit_id, cast(null as varchar) as contract_id, waterfall.currency,
        waterfall.remaining_amount - waterfall.unbilled_amount as expected, cast(null as decimal(38, 18)) as found
    from waterfall
    inner join data on waterfall.recognition_month = data.as_of_month
    inner join pools on waterfall.commit_id = pools.pool and waterfall.currency = pools.currency
    union all
    select
        'deferred and unbilled' as figure, bookings.pool as commit_id, cast(null as varchar) as contract_id, bookings.currency,
        -bookings.total_amount as expected, cast(null as decimal(38, 18)) as found
    from bookings
    inner join pools on bookings.pool = pools.pool and bookings.currency = pools.currency
    union all
    select
        'deferred and unbilled' as figure, accounted.root_balance_id as commit_id, cast(null as varchar) as contract_id,
        accounted.currency,
        accounted.purchased_amount + accounted.unbilled_amount + accounted.rolled_in_amount - accounted.rolled_amount
        - accounted.adjusted_amount - coalesce(drawn.accrued_amount, 0) as expected,
        cast(null as decimal(38, 18)) as found
    from accounted
    inner join pools on accounted.root_balance_id = pools.pool and accounted.currency = pools.currency
    left join drawn on accounted.balance_id = drawn.balance_id and accounted.currency = drawn.currency
    union all
    select
        'deferred and unbilled' as figure, pools.pool as commit_id, cast(null as varchar) as contract_id,
        obligations.currency, cast(null as decimal(38, 18)) as expected, obligations.remaining_amount as found
    from obligations
    inner join balances on obligations.commit_id = balances.balance_id
    inner join pools on balances.root_balance_id = pools.pool and obligations.currency = pools.currency
    where obligations.obligation_type = 'prepaid commit'
    union all
    select
        'left of postpaid' as figure, settled.commit_id, cast(null as varchar) as contract_id, settled.currency,
        settled.left_amount + balances.granted - coalesce(granted.amount, 0)
        - least(
            coalesce(drawn.trueup_amount, 0),
            greatest(settled.left_amount + balances.granted - coalesce(granted.amount, 0), 0)
        ) as expected,
        cast(null as decimal(38, 18)) as found
    from settled
    inner join balances on settled.commit_id = balances.balance_id and settled.currency = balances.currency
    left join granted on settled.commit_id = granted.balance_id
    left join drawn on settled.commit_id = drawn.balance_id and settled.currency = drawn.currency
    union all
    select
        'left of postpaid' as figure, commit_id, cast(null as varchar) as contract_id, currency,
        cast(null as decimal(38, 18)) as expected, remaining_amount as found
    from obligations
    where obligation_type = 'postpaid commit'
    union all
    select
        'fees' as figure, cast(null as varchar) as commit_id, waterfall.contract_id, waterfall.currency,
        waterfall.recognized_amount as expected, cast(null as decimal(38, 18)) as found
    from waterfall
    cross join data
    where waterfall.commit_id is null
        and data.as_of_month < waterfall.recognition_month
        and currency_digits(waterfall.currency) is not null
    union all
    select
        'fees' as figure, cast(null as varchar) as commit_id, contract_id, currency,
        greatest(coming_amount - credited_amount - greatest(covered_amount - due_amount, 0), 0) + credited_amount
        + least(greatest(due_amount - covered_amount, 0), drafted_amount, payable_amount) as expected,
        cast(null as decimal(38, 18)) as found
    from covered
    union all
    select
        'fees' as figure, cast(null as varchar) as commit_id, contract_id, currency,
        cast(null as decimal(38, 18)) as expected, remaining_amount as found
    from obligations
    where commit_id is null
),

final as (
    select
        figure,
        commit_id,
        contract_id,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by figure, commit_id, contract_id, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by figure, commit_id, contract_id, currency
