-- Invoices by what they are for, one row each.
--
-- The export does not tell. A true-up is named by the ledger or by the schedule of a postpaid commit, a purchase by that of a
-- prepaid one; what has no service period is scheduled too, and the rest is usage.
--
-- grain    invoice_id
-- columns
--   invoice_id    text        the invoice
--   invoice_kind  text        usage, scheduled or true_up
--   is_named      boolean     whether a ledger or an invoice schedule names it as what it is
--   settled_at    timestamp?  when the ledger says that it settled a postpaid commit, UTC
with
invoices as (
    select * from int_invoices_unified
),

balances as (
    select * from int_balances_unified
),

ledger as (
    select * from int_balance_ledger_unified where movement = 'trueup' and invoice_id is not null
),

items as (
    select balance_id, invoice_id from stg_api__balance_invoice_items where invoice_id is not null
    union
    select balance_id, invoice_id from stg_egress__balance_invoice_items where invoice_id is not null
),

named as (
    select invoice_id, 'true_up' as invoice_kind, occurred_at as settled_at from ledger
    union all
    select
        items.invoice_id,
        case balances.balance_type when 'postpaid' then 'true_up' else 'scheduled' end as invoice_kind,
        cast(null as timestamp(6) with time zone) as settled_at
    from items
    inner join balances on items.balance_id = balances.balance_id
),

-- Of two names the later in the alphabet counts: a true-up.
kinds as (
    select invoice_id, max(invoice_kind) as invoice_kind, max(settled_at) as settled_at from named group by invoice_id
),

final as (
    select
        invoices.invoice_id,
        case
            when kinds.invoice_kind is not null then kinds.invoice_kind
            when invoices.starting_at is null or upper(invoices.invoice_type) = 'SCHEDULED' then 'scheduled'
            else 'usage'
        end as invoice_kind,
        kinds.invoice_kind is not null as is_named,
        kinds.settled_at
    from invoices
    left join kinds on invoices.invoice_id = kinds.invoice_id
)

select * from final
