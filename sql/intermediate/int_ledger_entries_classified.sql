-- Movements of commits and credits, one row each, by what they do and the month they belong to.
--
-- A deduction is dated the exclusive end of the service period, so that one at the first instant of a month belongs to
-- the month before. What settles a term at its end, the expiry of the rest or its true-up, is dated likewise: under
-- `term_end` it belongs to the month of the term's last day, under `next_month` to that of its date. Everything else
-- belongs to the month of its date; a rollover too, as the grant that it becomes has the same date. Of the pack of a month
-- nothing counts that belongs to a later one.
--
-- grain    balance_id, entry_number
-- params   $expiry_month term_end|next_month = term_end, $as_of instant, $cutoff instant
-- columns
--   balance_id        text                         the commit or credit
--   entry_number      integer                      place in its ledger, from 0
--   channel           text                         api or egress: where the row comes from
--   customer_id       text?                        the customer
--   contract_id       text?                        the contract the balance was made on; null where on the customer
--   balance_type      text?                        prepaid, postpaid or credit
--   entry_type        text?                        what moved it in the channel's own word, in lower case
--   movement_class    text                         grant, drawdown, draft_drawdown, void_drawdown, expiry, rollover_out, manual, credit_back, true_up, seat_adjustment or other
--   occurred_at       timestamp?                   when it counts, UTC
--   accounting_month  date?                        first day of the month it belongs to, UTC
--   currency          text?                        currency or custom unit of the amount, or `units of …`
--   amount            decimal(38, 18)? [currency]  grants positive, what draws on the balance negative
--   segment_id        text?                        the segment moved
--   invoice_id        text?                        the invoice that caused it
--   is_void           boolean                      caused by an invoice that is void now: drawn by it, or given back for it
--   is_reversed       boolean                      drawn by an invoice that is void now and given back in full, or that giving back
-- checks
--   accounting_month is not null
--   amount is not null
with
ledger as (
    select * from int_balance_ledger_unified
),

balances as (
    select * from int_balances_unified
),

invoices as (
    select * from int_invoices_unified
),

classed as (
    select
        ledger.*,
        balances.contract_id,
        coalesce(invoices.invoice_status = 'VOID', false) as is_void,
        case
            when ledger.movement = 'deduction' and invoices.invoice_status = 'VOID' then 'void_drawdown'
            when ledger.movement = 'deduction' and invoices.invoice_status = 'FINALIZED' then 'drawdown'
            -- Of an invoice that was not delivered the date tells: a draft's is yet to come. As of an instant one that was
            -- not issued by then was a draft.
            when ledger.movement = 'deduction' and invoices.invoice_id is null and ledger.occurred_at <= balances.as_of
                and $as_of is null
                then 'drawdown'
            when ledger.movement = 'deduction' then 'draft_drawdown'
            when ledger.movement = 'expiration' then 'expiry'
            when ledger.movement = 'rollover' then 'rollover_out'
            when ledger.movement = 'trueup' then 'true_up'
            when ledger.movement in ('canceled', 'credited') then 'credit_back'
            else ledger.movement
        end as movement_class
    from ledger
    inner join balances on ledger.balance_id = balances.balance_id
    left join invoices on ledger.invoice_id = invoices.invoice_id
),

reversed as (
    select balance_id, invoice_id
    from classed
    where is_void and movement_class in ('void_drawdown', 'credit_back')
    group by balance_id, invoice_id
    having money_sum(amount) = 0
),

placed as (
    select
        classed.balance_id,
        classed.entry_number,
        classed.channel,
        classed.customer_id,
        classed.contract_id,
        classed.balance_type,
        classed.entry_type,
        classed.movement_class,
        classed.occurred_at,
        month_of(
            case
                when classed.movement_class in ('drawdown', 'draft_drawdown', 'void_drawdown')
                    or (classed.movement_class in ('expiry', 'true_up') and $expiry_month = 'term_end')
                    then classed.occurred_at - interval '1 microsecond'
                else classed.occurred_at
            end
        ) as accounting_month,
        classed.currency,
        classed.amount,
        classed.segment_id,
        classed.invoice_id,
        classed.is_void,
        coalesce(
            reversed.invoice_id is not null and classed.movement_class in ('void_drawdown', 'credit_back'), false
        ) as is_reversed
    from classed
    left join reversed on classed.balance_id = reversed.balance_id and classed.invoice_id = reversed.invoice_id
),

final as (
    select * from placed where $cutoff is null or accounting_month < date_in_zone($cutoff, 'UTC')
)

select * from final
