-- Open segments of which it cannot be told what is left: next_expiry_amount is empty where one of them ends next.
--
-- severity warn
with
segments as (
    select * from int_balance_segments_unified
),

final as (
    select
        balance_id,
        item_number,
        customer_id,
        ending_before,
        currency
    from segments
    where is_open and left_amount is null
)

select * from final order by balance_id, item_number
