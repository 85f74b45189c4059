-- Invoices that bill commits, as schedules and ledgers name them, one row a commit and invoice.
--
-- grain    balance_id, invoice_id
-- columns
--   balance_id    text        the commit
--   invoice_id    text        the invoice that bills its price, or trues it up
--   balance_type  text?       prepaid, postpaid or credit
--   settled_at    timestamp?  when the ledger says that the invoice settled a postpaid commit, UTC
with
balances as (
    select * from int_balances_unified
),

ledger as (
    select * from int_balance_ledger_unified where movement = 'trueup' and invoice_id is not null
),

named as (
    select balance_id, invoice_id, occurred_at as settled_at from ledger
    union all
    select balance_id, invoice_id, cast(null as timestamp(6) with time zone) as settled_at
    from stg_api__balance_invoice_items
    where invoice_id is not null
    union all
    select balance_id, invoice_id, cast(null as timestamp(6) with time zone) as settled_at
    from stg_egress__balance_invoice_items
    where invoice_id is not null
),

final as (
    select
        named.balance_id,
        named.invoice_id,
        min(balances.balance_type) as balance_type,
        max(named.settled_at) as settled_at
    from named
    inner join balances on named.balance_id = balances.balance_id
    group by named.balance_id, named.invoice_id
)

select * from final
