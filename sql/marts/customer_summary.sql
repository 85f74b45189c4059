-- What each customer has been billed, will be billed and has left, by currency.
--
-- One row for each currency or custom unit that a customer has any amount in; a customer without amounts has one row
-- without a currency. Amounts of two currencies or units are in two rows and never added. Subtotals are before credits
-- and commits are applied, totals after. An amount that is not known is null and not 0, and so is a sum that it belongs to: those
-- of drafts where one of them was not computed (draft_incomplete_count tells) or came without lines, those of finals where one
-- has no total, those of balances where none were delivered.
--
-- grain    customer_id, currency
-- apart    last_invoice_total_amount, next_expiry_amount
-- params   $reporting_time_zone time_zone = UTC, $cutoff instant
-- columns
--   customer_id                   text?                         the customer; null for amounts that name none
--   customer_name                 text?                         its name
--   ingest_aliases                text?                         names its usage is sent under, joined by `; `
--   is_archived                   boolean                       whether the customer was archived
--   environment                   text?                         SANDBOX or PRODUCTION, where the export tells it
--   agreement_names               text?                         its contracts not archived and its plans, joined by `; `
--   billing_provider              text?                         where its invoices go
--   billing_provider_customer_id  text?                         its id there
--   currency                      text?                         currency or custom unit of the amounts, or `units of …`
--   draft_invoice_count           integer                       draft invoices
--   draft_incomplete_count        integer                       those of them that were not computed
--   draft_starting_at             timestamp?                    begin of their service period, the earliest, UTC
--   draft_ending_before           timestamp?                    end of their service period, exclusive, the latest, UTC
--   usage_to_date_amount          decimal(38, 18)? [currency]   their usage and subscriptions, before credits
--   draft_subtotal_amount         decimal(38, 18)? [currency]   drafts before credits
--   draft_total_amount            decimal(38, 18)? [currency]   drafts after credits: the current invoice balance
--   draft_scheduled_total_amount  decimal(38, 18)? [currency]   of these: planned for a date, without a service period
--   finalized_invoice_count       integer                       finalized invoices
--   finalized_total_amount        decimal(38, 18)? [currency]   finalized, after credits
--   paid_amount                   decimal(38, 18)? [currency]   of these: PAID at the billing provider
--   open_amount                   decimal(38, 18)? [currency]   on their way or due there; partly paid ones in full
--   failed_amount                 decimal(38, 18)? [currency]   refused there, payment failed or uncollectible
--   unsent_amount                 decimal(38, 18)? [currency]   without a status there
--   dropped_amount                decimal(38, 18)? [currency]   VOID, SKIPPED or DELETED there: nobody will pay
--   unknown_status_amount         decimal(38, 18)? [currency]   with a status there that is not known here
--   void_invoice_count            integer                       void invoices, which are in no amount
--   last_invoice_id               text?                         the finalized invoice issued last
--   last_invoice_date             date?                         the day it was issued, in the reporting time zone
--   last_invoice_total_amount     decimal(38, 18)? [currency]   what it came to, after credits
--   credit_balance_amount         decimal(38, 18)? [currency]   left in credits, drafts counted
--   prepaid_balance_amount        decimal(38, 18)? [currency]   left in prepaid commits, drafts counted
--   postpaid_balance_amount       decimal(38, 18)? [currency]   left to use of postpaid commits, drafts counted
--   net_balance_amount            decimal(38, 18)? [currency]   the three together, as the vendor's net balance
--   credit_grant_balance_amount   decimal(38, 18)? [currency]   left in credit grants of plans (legacy)
--   next_expiry_at                timestamp?                    when credit, prepaid or a grant lapses next, UTC
--   next_expiry_amount            decimal(38, 18)? [currency]   what would lapse then; null where it cannot be told
-- checks
--   finalized_total_amount = paid_amount + open_amount + failed_amount + unsent_amount + dropped_amount + unknown_status_amount
--   net_balance_amount = credit_balance_amount + prepaid_balance_amount + postpaid_balance_amount
--   draft_incomplete_count <= draft_invoice_count
--   draft_incomplete_count = 0 or draft_total_amount is null
--   currency is not null or draft_total_amount is null
with
customers as (
    select * from int_customers_unified
),

agreements as (
    select distinct customer_id, agreement_name from int_agreements_unified where archived_at is null
),

invoices as (
    select * from int_invoices_cut where is_counted
),

invoice_totals as (
    select * from int_invoices_totaled
),

line_items as (
    select lines.customer_id, lines.currency, lines.total_amount, lines.line_type, invoices.invoice_status
    from int_line_items_unified as lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where lines.is_counted
),

entries as (
    select balance_id, money_sum(amount) as amount from int_ledger_entries_classified where $cutoff is not null group by balance_id
),

-- Of the pack of a month the ledger tells what was left at its end.
balances as (
    select
        balances.customer_id,
        balances.currency,
        balances.balance_type,
        case when $cutoff is null then balances.balance_amount else entries.amount end as balance_amount
    from int_balances_unified as balances
    left join entries on balances.balance_id = entries.balance_id
),

balance_segments as (
    select * from int_balance_segments_unified
),

credit_grants as (
    select * from int_credit_grants_unified
),

agreed as (
    select customer_id, string_agg(agreement_name, '; ' order by agreement_name) as agreement_names
    from agreements
    group by customer_id
),

staged as (
    select
        invoices.*,
        invoice_totals.is_itemized,
        invoice_totals.subtotal_amount,
        case
            when invoices.invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') then 'draft'
            when invoices.invoice_status = 'FINALIZED' then 'finalized'
            when invoices.invoice_status = 'VOID' then 'void'
        end as stage
    from invoices
    inner join invoice_totals on invoices.invoice_id = invoice_totals.invoice_id
),

billed as (
    select
        customer_id,
        currency,
        count(*) filter (where stage = 'draft') as draft_invoice_count,
        count(*) filter (where stage = 'draft' and total_amount is null) as draft_incomplete_count,
        count(*) filter (where stage = 'draft' and not is_itemized) as draft_unitemized_count,
        min(case when stage = 'draft' then starting_at end) as draft_starting_at,
        max(case when stage = 'draft' then ending_before end) as draft_ending_before,
        money_total(subtotal_amount) filter (where stage = 'draft') as draft_subtotal_amount,
        money_total(total_amount) filter (where stage = 'draft') as draft_total_amount,
        money_total(total_amount) filter (where stage = 'draft' and starting_at is null) as draft_scheduled_total_amount,
        count(*) filter (where stage = 'finalized') as finalized_invoice_count,
        money_total(total_amount) filter (where stage = 'finalized') as finalized_total_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'paid') as paid_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'open') as open_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'failed') as failed_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'unsent') as unsent_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'dropped') as dropped_amount,
        money_total(total_amount) filter (where stage = 'finalized' and payment = 'unknown') as unknown_status_amount,
        count(*) filter (where stage = 'void') as void_invoice_count,
        currency is not null as is_billed
    from staged
    group by customer_id, currency
),

ordered as (
    select
        customer_id,
        currency,
        invoice_id as last_invoice_id,
        date_in_zone(issued_at, cast($reporting_time_zone as varchar)) as last_invoice_date,
        total_amount as last_invoice_total_amount,
        row_number() over (
            partition by customer_id, currency order by issued_at desc, ending_before desc nulls last, invoice_id
        ) as recency
    from staged
    where stage = 'finalized' and issued_at is not null
),

-- By the line's own currency: usage priced in a custom unit is in that unit, and its conversion is no usage again.
usage as (
    select customer_id, currency, total_amount
    from line_items
    where invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') and line_type in ('usage', 'subscription')
),

used as (
    select customer_id, currency, money_total(total_amount) as usage_to_date_amount, currency is not null as is_used
    from usage
    group by customer_id, currency
),

-- An export may come without balances or grants: then nothing is known of them, and where the API was asked all is.
told as (
    select
        exists_api.is_there or exists_balances.is_there as has_balances,
        exists_api.is_there or exists_grants.is_there as has_grants
    from (select count(*) > 0 as is_there from customers where channel = 'api') as exists_api
    cross join (select count(*) > 0 as is_there from balances) as exists_balances
    cross join (select count(*) > 0 as is_there from credit_grants) as exists_grants
),

left_over as (
    select
        customer_id,
        currency,
        money_total(balance_amount) filter (where balance_type = 'credit') as credit_balance_amount,
        money_total(balance_amount) filter (where balance_type = 'prepaid') as prepaid_balance_amount,
        money_total(balance_amount) filter (where balance_type = 'postpaid') as postpaid_balance_amount,
        money_total(balance_amount) as net_balance_amount,
        currency is not null as is_there
    from balances
    group by customer_id, currency
),

granted as (
    select
        customer_id,
        currency,
        money_total(balance_amount) as credit_grant_balance_amount,
        currency is not null as is_there
    from credit_grants
    group by customer_id, currency
),

-- What is left of a postpaid commit does not lapse: it is billed.
lapsing as (
    select customer_id, currency, ending_before as lapses_at, left_amount
    from balance_segments
    where is_open and balance_type in ('credit', 'prepaid') and ending_before is not null
        and left_amount is distinct from 0
    union all
    select customer_id, currency, expires_at as lapses_at, balance_amount as left_amount
    from credit_grants
    where effective_at <= as_of and as_of < expires_at and balance_amount is distinct from 0
),

next_instants as (
    select
        customer_id,
        currency,
        lapses_at,
        left_amount,
        rank() over (partition by customer_id, currency order by lapses_at) as place
    from lapsing
),

next_expiries as (
    select
        customer_id,
        currency,
        lapses_at as next_expiry_at,
        money_total(left_amount) as next_expiry_amount
    from next_instants
    where place = 1
    group by customer_id, currency, lapses_at
),

with_amounts as (
    select customer_id, currency from staged
    union
    select customer_id, currency from usage
    union
    select customer_id, currency from balances
    union
    select customer_id, currency from credit_grants
),

listed as (
    select coalesce(with_amounts.customer_id, customers.customer_id) as customer_id, with_amounts.currency
    from customers
    full join with_amounts on customers.customer_id = with_amounts.customer_id
),

final as (
    select
        listed.customer_id,
        customers.customer_name,
        customers.ingest_aliases,
        customers.archived_at is not null as is_archived,
        customers.environment,
        agreed.agreement_names,
        customers.billing_provider,
        customers.billing_provider_customer_id,
        listed.currency,
        coalesce(billed.draft_invoice_count, 0) as draft_invoice_count,
        coalesce(billed.draft_incomplete_count, 0) as draft_incomplete_count,
        billed.draft_starting_at,
        billed.draft_ending_before,
        case
            when listed.currency is null or billed.draft_unitemized_count > 0 then cast(null as decimal(38, 18))
            when used.is_used then used.usage_to_date_amount
            else 0
        end as usage_to_date_amount,
        case when is_billed then billed.draft_subtotal_amount when listed.currency is not null then 0 end
            as draft_subtotal_amount,
        case when is_billed then billed.draft_total_amount when listed.currency is not null then 0 end as draft_total_amount,
        case
            when billed.draft_incomplete_count > 0 then cast(null as decimal(38, 18))
            when is_billed then billed.draft_scheduled_total_amount
            when listed.currency is not null then 0
        end as draft_scheduled_total_amount,
        coalesce(billed.finalized_invoice_count, 0) as finalized_invoice_count,
        case when is_billed then billed.finalized_total_amount when listed.currency is not null then 0 end
            as finalized_total_amount,
        case when is_billed then billed.paid_amount when listed.currency is not null then 0 end as paid_amount,
        case when is_billed then billed.open_amount when listed.currency is not null then 0 end as open_amount,
        case when is_billed then billed.failed_amount when listed.currency is not null then 0 end as failed_amount,
        case when is_billed then billed.unsent_amount when listed.currency is not null then 0 end as unsent_amount,
        case when is_billed then billed.dropped_amount when listed.currency is not null then 0 end as dropped_amount,
        case when is_billed then billed.unknown_status_amount when listed.currency is not null then 0 end
            as unknown_status_amount,
        coalesce(billed.void_invoice_count, 0) as void_invoice_count,
        ordered.last_invoice_id,
        ordered.last_invoice_date,
        ordered.last_invoice_total_amount,
        case
            when left_over.is_there then left_over.credit_balance_amount
            when listed.currency is not null and told.has_balances then 0
        end as credit_balance_amount,
        case
            when left_over.is_there then left_over.prepaid_balance_amount
            when listed.currency is not null and told.has_balances then 0
        end as prepaid_balance_amount,
        case
            when left_over.is_there then left_over.postpaid_balance_amount
            when listed.currency is not null and told.has_balances then 0
        end as postpaid_balance_amount,
        case
            when left_over.is_there then left_over.net_balance_amount
            when listed.currency is not null and told.has_balances then 0
        end as net_balance_amount,
        case
            when granted.is_there then granted.credit_grant_balance_amount
            when listed.currency is not null and told.has_grants then 0
        end as credit_grant_balance_amount,
        next_expiries.next_expiry_at,
        next_expiries.next_expiry_amount
    from listed
    cross join told
    left join customers on listed.customer_id = customers.customer_id
    left join agreed on listed.customer_id = agreed.customer_id
    left join billed
        on (listed.customer_id is not distinct from billed.customer_id)
        and (listed.currency is not distinct from billed.currency)
    left join ordered
        on (listed.customer_id is not distinct from ordered.customer_id)
        and (listed.currency is not distinct from ordered.currency)
        and ordered.recency = 1
    left join used
        on (listed.customer_id is not distinct from used.customer_id)
        and (listed.currency is not distinct from used.currency)
    left join left_over
        on (listed.customer_id is not distinct from left_over.customer_id)
        and (listed.currency is not distinct from left_over.currency)
    left join granted
        on (listed.customer_id is not distinct from granted.customer_id)
        and (listed.currency is not distinct from granted.currency)
    left join next_expiries
        on (listed.customer_id is not distinct from next_expiries.customer_id)
        and (listed.currency is not distinct from next_expiries.currency)
)

select * from final order by customer_name, customer_id, currency
