-- Export files that came twice, one row each: their rows count once.
--
-- grain    code, item
-- codes
--   FILE_DELIVERED_TWICE  warn  a file has the bytes of another
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
        'the same bytes as ' || same_as || ': ' || cast(row_count as varchar) || ' rows that count once' as probable_cause
    from repeated_files
)

select * from final
