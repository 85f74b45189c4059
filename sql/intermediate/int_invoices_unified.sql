-- Invoices of both channels, one row each.
--
-- The API's row stands where there is one, but a final row stands before a draft, since no invoice becomes a draft again.
-- Drafts of the export count where the API has told of no invoice at all: its drafts are newer than any snapshot.
-- An invoice that a consolidated one repeats is not counted itself. The export does not say what is repeated: there the
-- consolidated one is not counted, which its label tells. As of an instant drafts of the export are those of the last snapshot
-- before it that was kept, complete or not.
--
-- grain    invoice_id
-- params   $as_of instant
-- columns
--   invoice_id                   text                         the invoice
--   channel                      text                         api or egress: where the row comes from
--   customer_id                  text?                        the customer it bills
--   invoice_status               text?                        DRAFT, DRAFT_INCOMPLETE (egress), FINALIZED or VOID
--   invoice_type                 text?                        the API's type, the export's label
--   is_counted                   boolean                      false where its amount stands on another invoice too
--   has_line_items               boolean                      false where the API did not list its lines, not even none
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name
--   contract_id                  text?                        the contract it bills; null on plans
--   starting_at                  timestamp?                   begin of the service period, UTC; null where scheduled
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   issued_at                    timestamp?                   when it was or will be issued, UTC
--   told_until                   timestamp?                   of a draft: end of the last day that it tells of, UTC
--   credit_type_id               text?                        unit of the amounts as received
--   currency                     text?                        currency or custom unit of the amounts
--   stated_subtotal_amount       decimal(38, 18)? [currency]  before credits, where the API says it: on plans
--   total_amount                 decimal(38, 18)? [currency]  after credits; null where a draft was not computed
--   billing_provider             text?                        where it was sent
--   billing_provider_invoice_id  text?                        its id there
--   billing_provider_status      text?                        its status there, in upper case; null until it was sent
--   payment                      text                         what that means: unsent, open, paid, failed, dropped or unknown
--   regenerated_from_invoice_id  text?                        the voided invoice it stands in for, where the API says it
--   payer_customer_id            text?                        the customer that pays, where another one does: that above in a hierarchy
--   payer_contract_id            text?                        its contract
with
api_invoices as (
    select * from stg_api__invoices
),

finals as (
    select * from stg_egress__invoices
),

kept_drafts as (
    select *, max(snapshot_at) over () as newest_snapshot_at
    from stg_egress__draft_invoice_snapshots
    -- Snapshots are kept of every environment.
    where $as_of is not null and customer_id in (select customer_id from stg_egress__customers)
),

drafts as (
    select
        invoice_id, customer_id, invoice_status, invoice_label, plan_id, plan_name, contract_id, starting_at,
        ending_before, credit_type_id, currency, total_amount, billing_provider_invoice_id, snapshot_at
    from stg_egress__draft_invoices
    where $as_of is null
    union all
    select
        invoice_id, customer_id, invoice_status, invoice_label, plan_id, plan_name, contract_id, starting_at,
        ending_before, credit_type_id, currency, total_amount, billing_provider_invoice_id, snapshot_at
    from kept_drafts
    where snapshot_at = newest_snapshot_at
),

hierarchies as (
    select * from int_hierarchies_unified
),

repeated as (
    select distinct invoice_id from stg_api__constituent_invoices where consolidated_status is distinct from 'VOID'
),

candidates as (
    select
        invoice_id,
        'api' as channel,
        case invoice_status when 'DRAFT' then 3 else 1 end as preference,
        customer_id,
        invoice_status,
        invoice_type,
        plan_id,
        plan_name,
        contract_id,
        starting_at,
        ending_before,
        issued_at,
        credit_type_id,
        currency,
        subtotal_amount as stated_subtotal_amount,
        total_amount,
        has_line_items,
        billing_provider,
        billing_provider_invoice_id,
        billing_provider_status,
        regenerated_from_invoice_id,
        payer_customer_id,
        payer_contract_id,
        received_at
    from api_invoices
    union all
    select
        invoice_id,
        'egress' as channel,
        2 as preference,
        customer_id,
        invoice_status,
        invoice_label as invoice_type,
        plan_id,
        plan_name,
        contract_id,
        starting_at,
        ending_before,
        issued_at,
        credit_type_id,
        currency,
        cast(null as decimal(38, 18)) as stated_subtotal_amount,
        total_amount,
        true as has_line_items,
        billing_provider,
        billing_provider_invoice_id,
        billing_provider_status,
        cast(null as varchar) as regenerated_from_invoice_id,
        cast(null as varchar) as payer_customer_id,
        cast(null as varchar) as payer_contract_id,
        received_at
    from finals
    union all
    select
        invoice_id,
        'egress' as channel,
        4 as preference,
        customer_id,
        invoice_status,
        invoice_label as invoice_type,
        plan_id,
        plan_name,
        contract_id,
        starting_at,
        ending_before,
        cast(null as timestamp(6) with time zone) as issued_at,
        credit_type_id,
        currency,
        cast(null as decimal(38, 18)) as stated_subtotal_amount,
        total_amount,
        true as has_line_items,
        cast(null as varchar) as billing_provider,
        billing_provider_invoice_id,
        cast(null as varchar) as billing_provider_status,
        cast(null as varchar) as regenerated_from_invoice_id,
        cast(null as varchar) as payer_customer_id,
        cast(null as varchar) as payer_contract_id,
        snapshot_at as received_at
    from drafts
    where not exists (select 1 from api_invoices)
),

ranked as (
    select *, row_number() over (partition by invoice_id order by preference) as place
    from candidates
),

final as (
    select
        ranked.invoice_id,
        ranked.channel,
        ranked.customer_id,
        ranked.invoice_status,
        ranked.invoice_type,
        repeated.invoice_id is null
        and not coalesce(ranked.channel = 'egress' and upper(ranked.invoice_type) like '%CONSOLIDATED%', false)
            as is_counted,
        ranked.has_line_items,
        ranked.plan_id,
        ranked.plan_name,
        ranked.contract_id,
        ranked.starting_at,
        ranked.ending_before,
        ranked.issued_at,
        -- What came at the first instant of a day tells of the days before it.
        case
            when ranked.invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') then coalesce(
                cast(
                    cast(ranked.received_at - interval '1 microsecond' as date) + 1 as timestamp(6) with time zone
                ),
                ranked.ending_before
            )
        end as told_until,
        ranked.credit_type_id,
        ranked.currency,
        ranked.stated_subtotal_amount,
        ranked.total_amount,
        ranked.billing_provider,
        ranked.billing_provider_invoice_id,
        upper(ranked.billing_provider_status) as billing_provider_status,
        case
            when ranked.billing_provider_status is null then 'unsent'
            when upper(ranked.billing_provider_status) = 'PAID' then 'paid'
            when upper(ranked.billing_provider_status) in ('DRAFT', 'FINALIZED', 'SENT', 'QUEUED', 'PARTIALLY_PAID')
                then 'open'
            when upper(ranked.billing_provider_status) in ('PAYMENT_FAILED', 'UNCOLLECTIBLE', 'INVALID_REQUEST_ERROR')
                then 'failed'
            when upper(ranked.billing_provider_status) in ('VOID', 'SKIPPED', 'DELETED') then 'dropped'
            else 'unknown'
        end as payment,
        ranked.regenerated_from_invoice_id,
        coalesce(ranked.payer_customer_id, hierarchies.parent_customer_id) as payer_customer_id,
        case
            when ranked.payer_customer_id is null then hierarchies.parent_contract_id
            else ranked.payer_contract_id
        end as payer_contract_id
    from ranked
    left join repeated on ranked.invoice_id = repeated.invoice_id
    left join hierarchies on ranked.contract_id = hierarchies.contract_id and hierarchies.is_paid_by_parent
    where ranked.place = 1
)

select * from final
