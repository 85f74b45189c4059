-- Everything that does not reconcile, one row a break, from raw events to balances and between the channels.
--
-- At zero tolerance. The difference is what is there less what should be; where only one of the two is known there is none.
-- Quantities have `units of …` for a currency. What a code does, block or warn, settings say; an exception that somebody
-- accepted at a close blocks no more, or only once the data are newer than the last day it was accepted for. A run that
-- is blocked publishes this report and no other.
--
-- grain      exception_id
-- apart      expected_amount, actual_amount, difference_amount
-- published  always
-- codes
--   BOOKS_DIFFER          warn   the books say something else than the reports, or what the reports have no row of
--   BOOKS_FIGURE_UNKNOWN  block  a line of the books names no month, or neither an account nor a figure that is compared
-- columns
--   exception_id       text                         made of code and item: the same in every run
--   code               text                         what is wrong
--   description        text?                        the same in words
--   severity           text                         what it does while it is open: block or warn
--   status             text                         open or accepted
--   accepted_reason    text?                        why it was accepted
--   customer_id        text?                        the customer concerned
--   customer_name      text?                        its name
--   contract_id        text?                        the contract concerned
--   invoice_id         text?                        the invoice concerned
--   line_item_id       text?                        the line concerned
--   balance_id         text?                        the commit or credit concerned
--   item               text                         what tells it from others of the same code
--   month              date?                        first day of the month it belongs to, UTC
--   currency           text?                        currency or unit of the amounts
--   expected_amount    decimal(38, 18)? [currency]  what should be there
--   actual_amount      decimal(38, 18)? [currency]  what is there
--   difference_amount  decimal(38, 18)? [currency]  what is there less what should be
--   probable_cause     text                         why it may be so
--   first_seen         date?                        the day of the newest data when it was first found
-- checks
--   severity in ('block', 'warn')
--   status in ('open', 'accepted')
--   difference_amount = actual_amount - expected_amount
with
found as (
    select * from int_exceptions_found
),

books as (
    select * from books_comparison where status in ('differs', 'absent', 'unknown')
),

compared as (
    select
        case when status = 'unknown' then 'BOOKS_FIGURE_UNKNOWN' else 'BOOKS_DIFFER' end as code,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        month_text || '/' || account || '/' || currency as item,
        month,
        currency,
        computed_amount as expected_amount,
        books_amount as actual_amount,
        case
            when month is null then 'a month is written 2024-03, or as a day of it: 2024-03-31'
            when status = 'unknown' then 'an account is called as in [accounts]; the figures are those of the report books_comparison'
            when status = 'absent' then 'no report has a row of it, or what it comes to is not known'
            else 'booked by hand, in another month, or before what the data says by now'
        end as probable_cause
    from books
),

breaks as (
    select * from found
    union all
    select * from compared
),

exceptions as (
    select *, md5(code || '/' || item) as exception_id from breaks
),

codes as (
    select * from stg_settings__codes
),

acceptances as (
    select acceptances.exception_id, last_value(acceptances.reason order by acceptances.accepted_at, acceptances.month) as reason
    from stg_etl__acceptances as acceptances
    cross join int_data_dated as data
    where acceptances.last_day is null or cast(data.newest_at as date) <= acceptances.last_day
    group by acceptances.exception_id
),

seen as (
    select * from stg_etl__exceptions
),

data as (
    select * from int_data_dated
),

customers as (
    select * from int_customers_unified
),

final as (
    select
        exceptions.exception_id,
        exceptions.code,
        codes.description,
        codes.severity,
        case when acceptances.exception_id is null then 'open' else 'accepted' end as status,
        acceptances.reason as accepted_reason,
        exceptions.customer_id,
        customers.customer_name,
        exceptions.contract_id,
        exceptions.invoice_id,
        exceptions.line_item_id,
        exceptions.balance_id,
        exceptions.item,
        exceptions.month,
        exceptions.currency,
        exceptions.expected_amount,
        exceptions.actual_amount,
        exceptions.actual_amount - exceptions.expected_amount as difference_amount,
        exceptions.probable_cause,
        coalesce(seen.first_seen, cast(data.newest_at as date)) as first_seen
    from exceptions
    cross join data
    left join codes on exceptions.code = codes.code
    left join acceptances on exceptions.exception_id = acceptances.exception_id
    left join seen on exceptions.exception_id = seen.exception_id
    left join customers on exceptions.customer_id = customers.customer_id
)

select * from final order by code, item
