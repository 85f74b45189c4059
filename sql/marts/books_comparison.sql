-- Whether the books say what the reports say: each figure that finance delivered in `landing/books`, and what it comes to here.
--
-- An account is compared with `postable_journal`: assets and liabilities by their balance at the month's end, others by what was posted
-- in the month. A figure of a report, such as `revenue_schedule.recognized_amount`, is compared with its sum of the month in whole
-- minor units of the currency (cents); `invoices.total_amount` is of final invoices by their billing month. What differs is the exception
-- BOOKS_DIFFER.
--
-- grain    month_text, account, currency
-- apart    books_amount, computed_amount, difference_amount
-- columns
--   month_text         text                         the month as it was delivered
--   month              date?                        its first day; null where it is no month
--   account            text                         an account or `report.column`, as it was delivered, ` @ ` and whose it is
--   currency           text                         currency of the amounts
--   books_amount       decimal(38, 18) [currency]   what the books say
--   computed_amount    decimal(38, 18)? [currency]  what it comes to here; null where nothing is known of it
--   difference_amount  decimal(38, 18)? [currency]  what the books say less that
--   status             text                         agrees, differs, absent (the report has no such row), unknown (no such account or figure), or no data yet
-- checks
--   status in ('agrees', 'differs', 'absent', 'unknown', 'no data yet')
--   difference_amount = books_amount - computed_amount
with
figures as (
    select * from stg_books__figures
),

accounts as (
    select account_name, max(account_type) as account_type from int_accounts_named group by account_name
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

posted as (
    select
        account_name as name,
        month,
        currency,
        customer_id,
        contract_id,
        balance_id,
        coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as amount
    from postable_journal
),

named as (
    select figures.*, accounts.account_type
    from figures
    inner join accounts on figures.name = accounts.account_name
),

accounted as (
    select
        named.month_text,
        named.account,
        named.currency,
        case
            when named.account_type in ('asset', 'contra_revenue', 'expense') then coalesce(money_sum(posted.amount), 0)
            else -coalesce(money_sum(posted.amount), 0)
        end as amount
    from named
    left join posted
        on named.name = posted.name
        and named.currency = posted.currency
        and (posted.month = named.month or (posted.month < named.month and named.account_type in ('asset', 'liability')))
        and (
            named.owner_id is null
            or named.owner_id = posted.customer_id
            or named.owner_id = posted.contract_id
            or named.owner_id = posted.balance_id
        )
    group by named.month_text, named.account, named.currency, named.account_type
),

accruals as (
    select * from accrued_revenue
),

balances as (
    select * from balance_rollforward
),

schedules as (
    select * from commit_schedule
),

deferrals as (
    select * from deferred_revenue_rollforward
),

revenue as (
    select * from revenue_schedule
),

final_invoices as (
    select * from invoices where invoice_status = 'FINALIZED' and is_counted
),

receivables as (
    select * from receivables_rollforward
),

reported as (
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'invoices.total_amount' then final_invoices.total_amount
        end as amount
    from final_invoices
    inner join figures on final_invoices.billing_month = figures.month and final_invoices.currency = figures.currency
    where starts_with(figures.name, 'invoices.')
        and (
            figures.owner_id is null
            or figures.owner_id = final_invoices.customer_id
            or figures.owner_id = final_invoices.contract_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'receivables_rollforward.opening_amount' then receivables.opening_amount
            when 'receivables_rollforward.invoiced_amount' then receivables.invoiced_amount
            when 'receivables_rollforward.closing_amount' then receivables.closing_amount
        end as amount
    from receivables
    inner join figures on receivables.month = figures.month and receivables.currency = figures.currency
    where starts_with(figures.name, 'receivables_rollforward.')
        and (
            figures.owner_id is null
            or figures.owner_id = receivables.customer_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'accrued_revenue.accrued_amount' then accruals.accrued_amount
        end as amount
    from accruals
    inner join figures on accruals.month = figures.month and accruals.currency = figures.currency
    where starts_with(figures.name, 'accrued_revenue.')
        and (
            figures.owner_id is null
            or figures.owner_id = accruals.customer_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'balance_rollforward.opening_amount' then balances.opening_amount
            when 'balance_rollforward.grant_amount' then balances.grant_amount
            when 'balance_rollforward.drawdown_amount' then balances.drawdown_amount
            when 'balance_rollforward.expiry_amount' then balances.expiry_amount
            when 'balance_rollforward.closing_amount' then balances.closing_amount
        end as amount
    from balances
    inner join figures on balances.month = figures.month and balances.currency = figures.currency
    where starts_with(figures.name, 'balance_rollforward.')
        and (
            figures.owner_id is null
            or figures.owner_id = balances.customer_id
            or figures.owner_id = balances.contract_id
            or figures.owner_id = balances.balance_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'commit_schedule.usage_amount' then schedules.usage_amount
            when 'commit_schedule.overage_amount' then schedules.overage_amount
            when 'commit_schedule.invoice_amount' then schedules.invoice_amount
            when 'commit_schedule.remaining_balance_amount' then schedules.remaining_balance_amount
            when 'commit_schedule.expired_amount' then schedules.expired_amount
            when 'commit_schedule.trueup_amount' then schedules.trueup_amount
        end as amount
    from schedules
    inner join figures on schedules.month = figures.month and schedules.currency = figures.currency
    where starts_with(figures.name, 'commit_schedule.')
        and (
            figures.owner_id is null
            or figures.owner_id = schedules.contract_id
            or figures.owner_id = schedules.commit_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'deferred_revenue_rollforward.opening_amount' then deferrals.opening_amount
            when 'deferred_revenue_rollforward.billed_amount' then deferrals.billed_amount
            when 'deferred_revenue_rollforward.recognized_amount' then deferrals.recognized_amount
            when 'deferred_revenue_rollforward.expired_amount' then deferrals.expired_amount
            when 'deferred_revenue_rollforward.closing_amount' then deferrals.closing_amount
        end as amount
    from deferrals
    inner join figures on deferrals.month = figures.month and deferrals.currency = figures.currency
    where starts_with(figures.name, 'deferred_revenue_rollforward.')
        and (
            figures.owner_id is null
            or figures.owner_id = deferrals.customer_id
            or figures.owner_id = deferrals.contract_id
        )
    union all
    select
        figures.month_text,
        figures.account,
        figures.currency,
        case figures.name
            when 'revenue_schedule.recognized_amount' then revenue.recognized_amount
        end as amount
    from revenue
    inner join figures on revenue.month = figures.month and revenue.currency = figures.currency
    where starts_with(figures.name, 'revenue_schedule.')
        and (
            figures.owner_id is null
            or figures.owner_id = revenue.customer_id
            or figures.owner_id = revenue.contract_id
        )
),

summed as (
    select month_text, account, currency, money_total(amount) as amount
    from reported
    group by month_text, account, currency
),

computed as (
    select month_text, account, currency, amount from accounted
    union all
    select month_text, account, currency, amount from summed
),

judged as (
    select
        figures.*,
        coalesce(money_round(computed.amount, currency_digits(figures.currency)), computed.amount) as computed_amount,
        accounts.account_name is not null
        or figures.name in (
            'accrued_revenue.accrued_amount',
            'balance_rollforward.opening_amount',
            'balance_rollforward.grant_amount',
            'balance_rollforward.drawdown_amount',
            'balance_rollforward.expiry_amount',
            'balance_rollforward.closing_amount',
            'commit_schedule.usage_amount',
            'commit_schedule.overage_amount',
            'commit_schedule.invoice_amount',
            'commit_schedule.remaining_balance_amount',
            'commit_schedule.expired_amount',
            'commit_schedule.trueup_amount',
            'deferred_revenue_rollforward.opening_amount',
            'deferred_revenue_rollforward.billed_amount',
            'deferred_revenue_rollforward.recognized_amount',
            'deferred_revenue_rollforward.expired_amount',
            'deferred_revenue_rollforward.closing_amount',
            'invoices.total_amount',
            'receivables_rollforward.opening_amount',
            'receivables_rollforward.invoiced_amount',
            'receivables_rollforward.closing_amount',
            'revenue_schedule.recognized_amount'
        ) as is_known,
        figures.month > data.newest_month as is_ahead
    from figures
    cross join data
    left join accounts on figures.name = accounts.account_name
    left join computed
        on figures.month_text = computed.month_text
        and figures.account = computed.account
        and figures.currency = computed.currency
),

final as (
    select
        month_text,
        month,
        account,
        currency,
        amount as books_amount,
        case when not is_ahead then computed_amount end as computed_amount,
        case when not is_ahead then amount - computed_amount end as difference_amount,
        case
            when month is null or not is_known then 'unknown'
            when is_ahead then 'no data yet'
            when computed_amount is null then 'absent'
            when computed_amount = amount then 'agrees'
            else 'differs'
        end as status
    from judged
)

select * from final order by month_text, account, currency
