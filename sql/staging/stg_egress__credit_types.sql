-- Credit types: currencies and custom units, one row each.
--
-- grain    credit_type_id
-- columns
--   credit_type_id  text   the credit type
--   currency        text?  currency or custom unit of amounts in it
with
credit_types as (
    select * from current.credit_type
),

final as (
    select
        id as credit_type_id,
        case id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else name end as currency
    from credit_types
)

select * from final
