-- Journal entries whose debits are not their credits, months whose revenue in the journal is not that of the schedule, and
-- months whose receivables are not the invoices issued in them. The last two of entries as they are computed now: those of closed
-- months are as they were posted, which `journal_adds_up` and `journal_corrects_what_is_restated`
-- see to.
--
-- Receivables are compared for invoices whose lines add up to their total; those that do not are exceptions of their own.
--
-- params   $reporting_time_zone time_zone = UTC
-- severity block
with
posted as (
    select * from journal_entries
),

entries as (
    select * from int_journal_lines
),

schedule as (
    select * from revenue_schedule
),

invoices as (
    select
        invoices.invoice_id,
        month_of(date_in_zone(invoices.issued_at, cast($reporting_time_zone as varchar))) as month,
        invoices.currency,
        invoices.total_amount
    from int_invoices_unified as invoices
    inner join int_invoices_totaled as totals on invoices.invoice_id = totals.invoice_id
    where invoices.is_counted
        and invoices.invoice_status = 'FINALIZED'
        and invoices.issued_at is not null
        and totals.is_itemized
        and totals.lines_amount = totals.total_amount
),

amounts as (
    select
        'entry ' || entry_id as figure, currency, debit_amount as expected, credit_amount as found
    from posted
    union all
    select
        'revenue of ' || cast(month as varchar) as figure, currency, cast(null as decimal(38, 18)) as expected,
        coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as found
    from entries
    where account_type in ('revenue', 'contra_revenue') and event not in ('accrual', 'accrual reversed')
    union all
    select
        'revenue of ' || cast(month as varchar) as figure, currency, recognized_amount as expected,
        cast(null as decimal(38, 18)) as found
    from schedule
    union all
    select
        'receivables of ' || cast(entries.month as varchar) as figure, entries.currency,
        cast(null as decimal(38, 18)) as expected,
        coalesce(entries.debit_amount, 0) - coalesce(entries.credit_amount, 0) as found
    from entries
    inner join int_accounts_named as accounts
        on entries.account_name = accounts.account_name and accounts.account_key = 'receivable'
    inner join invoices on entries.invoice_id = invoices.invoice_id
    union all
    select
        'receivables of ' || cast(month as varchar) as figure, currency, total_amount as expected,
        cast(null as decimal(38, 18)) as found
    from invoices
),

final as (
    select
        figure,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by figure, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by figure, currency
