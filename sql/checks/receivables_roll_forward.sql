-- Receivables that do not open with what they closed with, do not end at what is outstanding, or are not of the invoices, the
-- accrued revenue and the journal of their months.
--
-- severity block
with
rows_told as (
    select * from receivables_rollforward
),

statuses as (
    select * from invoice_status
),

billed as (
    select * from invoices where is_counted and invoice_status in ('FINALIZED', 'VOID')
),

accrued as (
    select * from accrued_revenue
),

arrears as (
    select * from int_journal_events where event = 'billed in arrears'
),

ordered as (
    select
        *,
        row_number() over (partition by customer_id, currency order by month nulls first) as place,
        lag(closing_amount) over (partition by customer_id, currency order by month nulls first) as closing_before_amount,
        lead(month) over (partition by customer_id, currency order by month nulls first) as month_after
    from rows_told
),

amounts as (
    select
        'outstanding' as figure, customer_id, cast(null as date) as month, currency, outstanding_amount as expected,
        cast(0 as decimal(38, 18)) as found
    from statuses
    union all
    select
        'outstanding' as figure, customer_id, cast(null as date) as month, currency,
        cast(0 as decimal(38, 18)) as expected, closing_amount as found
    from ordered
    where month_after is null
    union all
    select
        'invoiced' as figure, customer_id, month_of(issued_date) as month, currency, total_amount as expected,
        cast(0 as decimal(38, 18)) as found
    from billed
    union all
    select
        'invoiced' as figure, customer_id, month, currency, cast(0 as decimal(38, 18)) as expected,
        invoiced_amount as found
    from rows_told
    union all
    select
        'accrued' as figure, customer_id, month, currency, unbilled_amount as expected,
        cast(0 as decimal(38, 18)) as found
    from accrued
    union all
    select
        'accrued' as figure, customer_id, month, currency, cast(0 as decimal(38, 18)) as expected,
        unbilled_amount as found
    from rows_told
    union all
    select
        'billed in arrears' as figure, customer_id, cast(null as date) as month, currency, posted_amount as expected,
        cast(0 as decimal(38, 18)) as found
    from arrears
    union all
    select
        'billed in arrears' as figure, customer_id, cast(null as date) as month, currency,
        cast(0 as decimal(38, 18)) as expected, billed_later_amount as found
    from rows_told
),

summed as (
    select
        figure,
        customer_id,
        month,
        currency,
        money_total(expected) as expected_amount,
        money_total(found) as found_amount
    from amounts
    group by figure, customer_id, month, currency
),

final as (
    select figure, customer_id, month, currency, expected_amount, found_amount
    from summed
    where expected_amount is distinct from found_amount
    union all
    select
        'opening' as figure,
        customer_id,
        month,
        currency,
        case when place = 1 then 0 else closing_before_amount end as expected_amount,
        opening_amount as found_amount
    from ordered
    where opening_amount is distinct from case when place = 1 then 0 else closing_before_amount end
)

select * from final order by figure, customer_id, month, currency
