-- Credit grants of plans (legacy) that are not void, as the API lists them, one row each; amounts in currency units.
--
-- grain    credit_grant_id
-- columns
--   credit_grant_id    text                         the grant
--   customer_id        text?                        the customer who may use it
--   credit_grant_name  text?                        its name
--   effective_at       timestamp?                   from when it may be used, UTC
--   expires_at         timestamp?                   when what is left expires, UTC
--   credit_type_id     text?                        unit granted, as received
--   currency           text?                        currency or custom unit granted
--   granted_amount     decimal(38, 18)? [currency]  what may be used
--   balance_amount     decimal(38, 18)? [currency]  what is left, drafts counted
--   received_at        timestamp?                   when the answer came, UTC
with
grants as (
    select * from api.credit_grants
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case grant_amount_credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
            as units_per_amount
    from grants
),

final as (
    select
        id as credit_grant_id,
        customer_id,
        name as credit_grant_name,
        real_instant(effective_at) as effective_at,
        real_instant(expires_at) as expires_at,
        grant_amount_credit_type_id as credit_type_id,
        case grant_amount_credit_type_id
            when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD'
            else grant_amount_credit_type_name
        end as currency,
        money_mul(grant_amount, units_per_amount) as granted_amount,
        money_mul(balance_including_pending, units_per_amount) as balance_amount,
        real_instant(_transferred_at) as received_at
    from converted
)

select * from final
