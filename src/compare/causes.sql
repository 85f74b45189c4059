-- What changed in the data of a customer and month between two states of the lake, in words; and of a month, whosever it is.
with
invoices as (
    select
        coalesce(after.customer_id, before.customer_id) as customer_id,
        cast(date_trunc('month', coalesce(after.starting_at, before.starting_at, after.issued_at, before.issued_at)) as date)
            as month,
        case
            when before.invoice_id is null
                then 'invoice ' || after.invoice_id || ' came (' || coalesce(after.invoice_status, 'no status') || ')'
            when after.invoice_id is null then 'invoice ' || before.invoice_id || ' is gone'
            when before.invoice_status is distinct from after.invoice_status
                then 'invoice ' || after.invoice_id || ' went from ' || coalesce(before.invoice_status, 'no status')
                    || ' to ' || coalesce(after.invoice_status, 'no status')
            else 'invoice ' || after.invoice_id || ' has another total'
        end as cause
    from before_int_invoices_unified as before
    full join after_int_invoices_unified as after on before.invoice_id = after.invoice_id
    where before.invoice_id is null
        or after.invoice_id is null
        or (before.invoice_status is distinct from after.invoice_status)
        or (before.total_amount is distinct from after.total_amount)
),

-- An invoice of another customer than before is about both.
invoices_moved as (
    select
        before.customer_id as old_customer_id,
        after.customer_id as new_customer_id,
        cast(date_trunc('month', coalesce(after.starting_at, before.starting_at, after.issued_at, before.issued_at)) as date)
            as month,
        'invoice ' || after.invoice_id || ' went from ' || coalesce('customer ' || before.customer_id, 'no customer') || ' to '
            || coalesce('customer ' || after.customer_id, 'no customer') as cause
    from before_int_invoices_unified as before
    inner join after_int_invoices_unified as after on before.invoice_id = after.invoice_id
    where (before.customer_id is distinct from after.customer_id)
),

-- A snapshot of drafts that comes late tells of invoices that are final what they were before.
drafts as (
    select
        finals.customer_id,
        cast(date_trunc('month', finals.starting_at) as date) as month,
        'invoice ' || finals.invoice_id || ' was told as a draft ' || count(*) || case when count(*) = 1 then ' time' else ' times' end
            || ' more' as cause
    from (
        select invoice_id, snapshot_at, total_amount from after_stg_egress__draft_invoice_snapshots
        except
        select invoice_id, snapshot_at, total_amount from before_stg_egress__draft_invoice_snapshots
    ) as told
    inner join before_int_invoices_unified as finals on told.invoice_id = finals.invoice_id
    where finals.invoice_status in ('FINALIZED', 'VOID')
    group by finals.customer_id, finals.invoice_id, cast(date_trunc('month', finals.starting_at) as date)
),

-- Lines that move without their invoice's total: usage and the commit that pays for it.
lines as (
    select
        coalesce(after.customer_id, before.customer_id) as customer_id,
        cast(date_trunc('month', coalesce(after.starting_at, before.starting_at)) as date) as month,
        count(*) || case when count(*) = 1 then ' line' else ' lines' end || ' of invoice '
            || coalesce(after.invoice_id, before.invoice_id) || ' changed' as cause
    from before_int_line_items_unified as before
    full join after_int_line_items_unified as after on before.line_item_key = after.line_item_key
    where before.line_item_key is null
        or after.line_item_key is null
        or (before.total_amount is distinct from after.total_amount)
        or (before.quantity is distinct from after.quantity)
        or (before.commit_id is distinct from after.commit_id)
    group by
        coalesce(after.customer_id, before.customer_id),
        cast(date_trunc('month', coalesce(after.starting_at, before.starting_at)) as date),
        coalesce(after.invoice_id, before.invoice_id)
),

-- An entry has no id: it is what it says.
entries_before as (
    select customer_id, balance_id, entry_type, occurred_at, currency, amount, invoice_id, count(*) as entry_count
    from before_int_balance_ledger_unified
    group by customer_id, balance_id, entry_type, occurred_at, currency, amount, invoice_id
),

entries_after as (
    select customer_id, balance_id, entry_type, occurred_at, currency, amount, invoice_id, count(*) as entry_count
    from after_int_balance_ledger_unified
    group by customer_id, balance_id, entry_type, occurred_at, currency, amount, invoice_id
),

entries as (
    select customer_id, balance_id, occurred_at, amount, 'came' as what
    from (select * from entries_after except select * from entries_before)
    union all
    select customer_id, balance_id, occurred_at, amount, 'went' as what
    from (select * from entries_before except select * from entries_after)
),

-- What is drawn or lapses at the first instant of a month is the last act of the month before; what is granted then is not.
entries_dated as (
    select
        customer_id, balance_id, what,
        cast(date_trunc('month', case when amount < 0 then occurred_at - interval '1 microsecond' else occurred_at end) as date)
            as month
    from entries
),

ledgers as (
    select
        customer_id,
        month,
        case
            when came_count = went_count
                then came_count || case when came_count = 1 then ' entry' else ' entries' end || ' of ledger ' || balance_id
                    || ' changed'
            else came_count || case when came_count = 1 then ' entry' else ' entries' end || ' of ledger ' || balance_id
                || ' came, ' || went_count || ' went'
        end as cause
    from (
        select
            customer_id,
            month,
            balance_id,
            count(*) filter (where what = 'came') as came_count,
            count(*) filter (where what = 'went') as went_count
        from entries_dated
        group by customer_id, month, balance_id
    )
),

-- What lapses counts for earlier months where it is spread over what was drawn: there no entry came or went.
spread as (
    select
        owned.customer_id,
        coalesce(after.month, before.month) as month,
        'what lapses of commit ' || coalesce(after.balance_id, before.balance_id) || ' is estimated anew, and with it what of it is '
            || 'earned with each drawdown (breakage = proportional)' as cause
    from before_int_lapses_spread as before
    full join after_int_lapses_spread as after on before.balance_id = after.balance_id and before.month = after.month
    left join (
        select balance_id, min(customer_id) as customer_id from after_int_balance_ledger_unified group by balance_id
    ) as owned on coalesce(after.balance_id, before.balance_id) = owned.balance_id
    where coalesce(before.counted, 0) <> coalesce(after.counted, 0)
        and coalesce(before.counted, 0) - coalesce(before.lapsed, 0) <> coalesce(after.counted, 0) - coalesce(after.lapsed, 0)
),

events_moved as (
    select customer_reference, occurred_at, 'late' as what
    from after_stg_egress__events
    left anti join before_stg_egress__events
        on after_stg_egress__events.transaction_id = before_stg_egress__events.transaction_id
    union all
    select customer_reference, occurred_at, 'removed' as what
    from before_stg_egress__events
    left anti join after_stg_egress__events
        on before_stg_egress__events.transaction_id = after_stg_egress__events.transaction_id
),

events as (
    select
        named.customer_id,
        cast(date_trunc('month', moved.occurred_at) as date) as month,
        count(*) || ' ' || moved.what || case when count(*) = 1 then ' event' else ' events' end
            || case
                when min(cast(moved.occurred_at as date)) = max(cast(moved.occurred_at as date))
                    then ' on ' || cast(min(cast(moved.occurred_at as date)) as varchar)
                else ' from ' || cast(min(cast(moved.occurred_at as date)) as varchar) || ' to '
                    || cast(max(cast(moved.occurred_at as date)) as varchar)
            end as cause
    from events_moved as moved
    left join after_int_customer_references as named
        on moved.customer_reference = named.customer_reference and not named.is_shared
    group by named.customer_id, cast(date_trunc('month', moved.occurred_at) as date), moved.what
),

found as (
    select customer_id, month, cause from invoices
    union all
    select old_customer_id as customer_id, month, cause from invoices_moved
    union all
    select new_customer_id as customer_id, month, cause from invoices_moved
    union all
    select customer_id, month, cause from drafts
    union all
    select customer_id, month, cause from lines
    union all
    select customer_id, month, cause from ledgers
    union all
    select customer_id, month, cause from spread
    union all
    select customer_id, month, cause from events
),

scoped as (
    select customer_id, false as is_of_all, month, cause from found
    union all
    select
        cast(null as varchar) as customer_id,
        true as is_of_all,
        found.month,
        coalesce(customers.customer_name, 'customer ' || found.customer_id, 'no customer') || ': ' || found.cause as cause
    from found
    left join after_int_customers_unified as customers on found.customer_id = customers.customer_id
),

placed as (
    select *, row_number() over (partition by customer_id, is_of_all, month order by cause) as place from scoped
)

select
    customer_id,
    is_of_all,
    month,
    string_agg(cause, '; ' order by cause) filter (where place <= 6)
        || case when count(*) > 6 then '; and ' || (count(*) - 6) || ' more' else '' end as cause
from placed
group by customer_id, is_of_all, month
