-- Movements of commits and credits, one row each, in currency units.
--
-- grain    balance_id, entry_number
-- columns
--   balance_id      text                         the commit or credit
--   entry_number    integer                      place in its ledger, from 0
--   channel         text                         api or egress: where the row comes from
--   customer_id     text?                        the customer
--   balance_type    text?                        prepaid, postpaid or credit
--   entry_type      text?                        what moved it in the channel's own word, in lower case
--   movement        text                         grant, deduction, expiration, rollover, … or other
--   occurred_at     timestamp?                   when it counts, UTC; a deduction: the end of the invoice's period
--   currency        text?                        currency or custom unit of the amount, or `units of …`
--   amount          decimal(38, 18)? [currency]  grants positive, deductions and expirations negative
--   segment_id      text?                        the segment moved
--   invoice_id      text?                        the invoice that caused it
--   is_draft        boolean                      whether that invoice is a draft: the entry can still change
--   new_contract_id  text?                        the contract a rollover went to
--   new_balance_id  text?                        the commit a rollover made there; egress only
--   reason          text?                        why somebody entered it by hand
with
balances as (
    select * from int_balances_unified
),

invoices as (
    select * from int_invoices_unified
),

api_entries as (
    select * from stg_api__balance_ledger_entries
),

export_entries as (
    select * from stg_egress__balance_ledger_entries
),

entries as (
    select
        balance_id,
        entry_number,
        'api' as channel,
        entry_type,
        occurred_at,
        amount,
        segment_id,
        invoice_id,
        new_contract_id,
        cast(null as varchar) as new_balance_id,
        reason
    from api_entries
    union all
    select
        balance_id,
        entry_number,
        'egress' as channel,
        entry_type,
        occurred_at,
        amount,
        segment_id,
        invoice_id,
        new_contract_id,
        new_balance_id,
        reason
    from export_entries
),

final as (
    select
        entries.balance_id,
        entries.entry_number,
        entries.channel,
        balances.customer_id,
        balances.balance_type,
        entries.entry_type,
        -- The channels spell the types differently and both lists are open; their last words agree.
        case
            when entries.entry_type like '%_segment_start' or entries.entry_type like '%_initial_balance' then 'grant'
            when entries.entry_type like '%_automated_invoice_deduction' then 'deduction'
            when entries.entry_type like '%_expiration' then 'expiration'
            when entries.entry_type like '%_rollover' then 'rollover'
            when entries.entry_type like '%_trueup' then 'trueup'
            when entries.entry_type like '%_canceled' then 'canceled'
            when entries.entry_type like '%_credited' then 'credited'
            when entries.entry_type like '%_manual' then 'manual'
            when entries.entry_type like '%_seat_based_adjustment' then 'seat_adjustment'
            else 'other'
        end as movement,
        entries.occurred_at,
        balances.currency,
        money_mul(entries.amount, balances.units_per_amount) as amount,
        entries.segment_id,
        entries.invoice_id,
        coalesce(invoices.invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE'), false) as is_draft,
        entries.new_contract_id,
        entries.new_balance_id,
        entries.reason
    from entries
    inner join balances on entries.balance_id = balances.balance_id and entries.channel = balances.channel
    left join invoices on entries.invoice_id = invoices.invoice_id
)

select * from final
