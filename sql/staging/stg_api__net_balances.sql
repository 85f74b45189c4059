-- What customers have left in each credit type as the API itself adds it up, one row each; amounts as received.
--
-- grain    customer_id, credit_type_id
-- columns
--   customer_id     text                            the customer
--   credit_type_id  text                            unit of the amount
--   net_balance     decimal(38, 18)? [credit type]  left in commits and credits, drafts counted
with
net_balances as (
    select * from api.net_balances
),

final as (
    select
        customer_id,
        credit_type_id,
        balance as net_balance
    from net_balances
)

select * from final
