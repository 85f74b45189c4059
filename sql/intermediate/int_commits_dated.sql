-- Terms of commits and credits, one row each: from the begin of their first segment to the end of the last.
--
-- grain    balance_id
-- columns
--   balance_id        text                         the commit or credit
--   customer_id       text?                        the customer
--   contract_id       text?                        the contract it was made on; null where on the customer
--   balance_type      text?                        prepaid, postpaid or credit
--   balance_name      text?                        its name
--   starting_at       timestamp?                   begin of the term, UTC
--   ending_before     timestamp?                   its end, exclusive, UTC; null where a segment never ends
--   currency          text?                        currency or custom unit of the amount, or `units of …`
--   scheduled_amount  decimal(38, 18)? [currency]  what all its segments grant, those to come included
--   as_of             timestamp?                   when what is known of it stood so, UTC
--   is_ended          boolean                      whether the term was over then
with
balances as (
    select * from int_balances_unified
),

segments as (
    select * from int_balance_segments_unified
),

spans as (
    select
        balance_id,
        min(starting_at) as starting_at,
        case when count(*) = count(ending_before) then max(ending_before) end as ending_before,
        money_total(granted_amount) as scheduled_amount
    from segments
    group by balance_id
),

final as (
    select
        balances.balance_id,
        balances.customer_id,
        balances.contract_id,
        balances.balance_type,
        balances.balance_name,
        spans.starting_at,
        spans.ending_before,
        balances.currency,
        spans.scheduled_amount,
        balances.as_of,
        coalesce(spans.ending_before <= balances.as_of, false) as is_ended
    from balances
    left join spans on balances.balance_id = spans.balance_id
)

select * from final
