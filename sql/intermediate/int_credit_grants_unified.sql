-- Credit grants of plans (legacy) with what is left, one row each: the API's, or the export's where the API told of none.
--
-- The export has no balance and no time it stands for: what is left there is the grant less its deductions, at the newest
-- date in the export's grants and invoices. As of an instant, or the end of the month that
-- a pack is of: those effective before it; what the API said later is not told.
--
-- grain    credit_grant_id
-- params   $as_of instant, $cutoff instant
-- columns
--   credit_grant_id    text                         the grant
--   channel            text                         api or egress: where the row comes from
--   customer_id        text?                        the customer who may use it
--   credit_grant_name  text?                        its name
--   effective_at       timestamp?                   from when it may be used, UTC
--   expires_at         timestamp?                   when what is left expires, UTC
--   currency           text?                        currency or custom unit granted
--   granted_amount     decimal(38, 18)? [currency]  what may be used
--   balance_amount     decimal(38, 18)? [currency]  what is left: drafts counted by the API, not by the export
--   as_of              timestamp?                   when it stood so, UTC
with
api_grants as (
    select * from stg_api__credit_grants
),

export_grants as (
    select * from stg_egress__credit_grants
),

deductions as (
    select * from stg_egress__credit_grant_deductions
),

credit_types as (
    select * from stg_egress__credit_types
),

dates as (
    select updated_at as dated_at from export_grants
    union all
    select issued_at as dated_at from stg_egress__invoices
),

newest as (
    select least(max(dated_at), coalesce($as_of, $cutoff)) as as_of from dates
),

drawn as (
    select credit_grant_id, money_sum(deducted) as deducted
    from deductions
    where coalesce($as_of, $cutoff) is null or effective_at <= coalesce($as_of, $cutoff)
    group by credit_grant_id
),

exported as (
    select
        export_grants.credit_grant_id,
        export_grants.customer_id,
        export_grants.credit_grant_name,
        export_grants.effective_at,
        export_grants.expires_at,
        case export_grants.credit_type_id
            when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD'
            else coalesce(credit_types.currency, export_grants.credit_type_id)
        end as currency,
        case export_grants.credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
            as units_per_amount,
        export_grants.granted,
        case
            when export_grants.effective_at > newest.as_of or export_grants.expires_at <= newest.as_of then 0.00
            else export_grants.granted - coalesce(drawn.deducted, 0)
        end as left_over,
        newest.as_of
    from export_grants
    cross join newest
    left join drawn on export_grants.credit_grant_id = drawn.credit_grant_id
    left join credit_types on export_grants.credit_type_id = credit_types.credit_type_id
    where (export_grants.voided_at is null or export_grants.voided_at >= coalesce($as_of, $cutoff))
        and (coalesce($as_of, $cutoff) is null or export_grants.effective_at < coalesce($as_of, $cutoff))
),

final as (
    select
        credit_grant_id,
        'api' as channel,
        customer_id,
        credit_grant_name,
        effective_at,
        expires_at,
        currency,
        granted_amount,
        case when coalesce($as_of, $cutoff) is null or received_at <= coalesce($as_of, $cutoff) then balance_amount end as balance_amount,
        least(received_at, coalesce($as_of, $cutoff)) as as_of
    from api_grants
    where coalesce($as_of, $cutoff) is null or effective_at < coalesce($as_of, $cutoff)
    union all
    select
        credit_grant_id,
        'egress' as channel,
        customer_id,
        credit_grant_name,
        effective_at,
        expires_at,
        currency,
        money_mul(granted, units_per_amount) as granted_amount,
        money_mul(left_over, units_per_amount) as balance_amount,
        as_of
    from exported
    where not exists (select 1 from api_grants)
)

select * from final
