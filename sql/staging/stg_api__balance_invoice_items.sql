-- When commits are billed for as the API lists it, one row for each date of the invoice schedule.
--
-- grain    balance_id, item_number
-- columns
--   balance_id      text                            the commit
--   item_number     integer                         place in its invoice schedule, from 0
--   invoice_id      text?                           the invoice that bills it, once there is one
--   dated_at        timestamp?                      when it is billed, UTC
--   credit_type_id  text?                           unit of the amount as received
--   billed          decimal(38, 18)? [credit type]  what is billed then, as received
with
items as (
    select * from api.balance_invoice_schedule_items
),

final as (
    select
        balance_id,
        item_number,
        invoice_id,
        real_instant("timestamp") as dated_at,
        credit_type_id,
        amount as billed
    from items
)

select * from final
