-- When commits are billed for, one row for each date of the invoice schedule, of the newest complete snapshot; amounts
-- as exported.
--
-- grain    balance_id, item_number
-- columns
--   balance_id      text                            the commit
--   item_number     integer                         place in its invoice schedule, from 0
--   invoice_id      text?                           the invoice that bills it, once there is one
--   dated_at        timestamp?                      when it is billed, UTC
--   credit_type_id  text?                           unit of the amount
--   billed          decimal(38, 18)? [credit type]  what is billed then; null where it is no decimal
with
balances as (
    select * from current.contracts_balances
),

schedules as (
    select
        id as balance_id,
        json_text(invoice_schedule, 'credit_type_id') as credit_type_id,
        json_elements(json_text(invoice_schedule, 'schedule_items')) as items
    from balances
),

items as (
    select
        balance_id,
        credit_type_id,
        unnest(items) as item,
        unnest(range(0, cast(array_length(items) as bigint))) as item_number
    from schedules
),

final as (
    select
        balance_id,
        item_number,
        json_text(item, 'invoice_id') as invoice_id,
        real_instant(try_instant(json_text(item, 'date'))) as dated_at,
        credit_type_id,
        try_exact_decimal(json_text(item, 'amount')) as billed
    from items
)

select * from final
