-- Credit grants of plans (legacy), one row each; the amount as exported.
--
-- grain    credit_grant_id
-- columns
--   credit_grant_id    text                            the grant
--   customer_id        text?                           the customer who may use it
--   credit_grant_name  text?                           its name
--   effective_at       timestamp?                      from when it may be used, UTC
--   expires_at         timestamp?                      when what is left expires, UTC
--   voided_at          timestamp?                      when it was voided, UTC
--   credit_type_id     text?                           unit granted
--   granted            decimal(38, 18)? [credit type]  what may be used
--   updated_at         timestamp?                      when the row last changed, UTC
with
grants as (
    select * from current.credit_grant
),

final as (
    select
        id as credit_grant_id,
        customer_id,
        name as credit_grant_name,
        real_instant(effective_at) as effective_at,
        real_instant(expires_at) as expires_at,
        real_instant(voided_at) as voided_at,
        amount_granted_credit_type_id as credit_type_id,
        amount_granted as granted,
        updated_at
    from grants
)

select * from final
