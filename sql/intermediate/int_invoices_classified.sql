-- Invoices by what they are for, one row each.
--
-- The export does not tell. A true-up is named by the ledger or by the schedule of a postpaid commit, a purchase by that of a
-- prepaid one; what has no service period is scheduled too, and the rest is usage. An invoice of a service period that bills
-- usage is usage, whatever else it bills: what its lines are for is told line by line.
--
-- grain    invoice_id
-- columns
--   invoice_id    text     the invoice
--   invoice_kind  text     usage, scheduled or true_up
--   is_named      boolean  whether a ledger or an invoice schedule names it as one that bills a commit
with
invoices as (
    select * from int_invoices_unified
),

lines as (
    select * from int_line_items_unified
),

billed_commits as (
    select * from int_commits_billed
),

-- Of two names the later in the alphabet counts: a true-up.
named as (
    select invoice_id, max(case balance_type when 'postpaid' then 'true_up' else 'scheduled' end) as invoice_kind
    from billed_commits
    group by invoice_id
),

metered as (
    select distinct invoice_id
    from lines
    where line_type not in ('commit_purchase', 'scheduled', 'invoice_adjustment')
),

final as (
    select
        invoices.invoice_id,
        case
            when invoices.starting_at is null or upper(invoices.invoice_type) = 'SCHEDULED'
                then coalesce(named.invoice_kind, 'scheduled')
            when metered.invoice_id is not null then 'usage'
            else coalesce(named.invoice_kind, 'usage')
        end as invoice_kind,
        named.invoice_id is not null as is_named
    from invoices
    left join named on invoices.invoice_id = named.invoice_id
    left join metered on invoices.invoice_id = metered.invoice_id
)

select * from final
