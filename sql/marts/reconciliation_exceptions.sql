-- Everything that does not reconcile, one row a break, from raw events to balances and between the channels.
--
-- At zero tolerance. The difference is what is there less what should be; where only one of the two is known there is none.
-- Quantities have `units of …` for a currency. What a code does, block or warn, settings say; an exception that somebody
-- accepted at a close blocks no more. A run that is blocked publishes this report and no other.
--
-- grain      exception_id
-- apart      expected_amount, actual_amount, difference_amount
-- published  always
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
exceptions as (
    select *, md5(code || '/' || item) as exception_id from int_exceptions_found
),

codes as (
    select * from stg_settings__codes
),

acceptances as (
    select exception_id, last_value(reason order by accepted_at, month) as reason
    from stg_etl__acceptances
    group by exception_id
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
