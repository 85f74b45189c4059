-- Deliveries that are not what they should be, one row each: export files that came twice, whose rows count once, and what the
-- API listed and did not know when it was asked for more.
--
-- grain    code, item
-- codes
--   FILE_DELIVERED_TWICE  warn   a file has the bytes of another
--   NOT_FOUND_WHEN_ASKED  warn   the API does not know what it had listed
--   NOT_FOUND_ANY_MORE    block  the API does not know any more what the lake has rows of
-- columns
--   code               text                         what is wrong
--   customer_id        text?                        the customer concerned
--   contract_id        text?                        the contract concerned
--   invoice_id         text?                        the invoice concerned
--   line_item_id       text?                        the line concerned
--   balance_id         text?                        the commit or credit concerned
--   item               text                         what tells it from others of the same code and ids
--   month              date?                        first day of the month it belongs to, UTC
--   currency           text?                        currency or unit of the amounts; `units of …` where they are quantities
--   expected_amount    decimal(38, 18)? [currency]  what should be there
--   actual_amount      decimal(38, 18)? [currency]  what is there
--   probable_cause     text                         why it may be so
with
repeated_files as (
    select * from stg_etl__repeated_files
),

not_found as (
    select * from stg_etl__not_found
),

final as (
    select
        'FILE_DELIVERED_TWICE' as code,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        table_name || ' ' || file as item,
        cast(null as date) as month,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 18)) as expected_amount,
        cast(null as decimal(38, 18)) as actual_amount,
        'the same bytes as ' || same_as || ': '
        || case row_count when 1 then '1 row that counts' else cast(row_count as varchar) || ' rows that count' end || ' once'
            as probable_cause
    from repeated_files
    union all
    select
        case when known_rows > 0 then 'NOT_FOUND_ANY_MORE' else 'NOT_FOUND_WHEN_ASKED' end as code,
        json_text(asked, 'customer_id') as customer_id,
        json_text(asked, 'contract_id') as contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        endpoint || ' ' || asked as item,
        cast(null as date) as month,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 18)) as expected_amount,
        cast(null as decimal(38, 18)) as actual_amount,
        'asked for ' || path || ', listed before in the same read'
        || case
            when known_rows = 1 then '; the lake had 1 row of it'
            when known_rows > 1 then '; the lake had ' || cast(known_rows as varchar) || ' rows of it'
            else ''
        end as probable_cause
    from not_found
)

select * from final
