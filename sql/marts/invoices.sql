-- Every invoice of all customers, one row each: drafts, final ones and void ones, with what they come to before and after credits.
--
-- Where an invoice stands and since when is told as in `invoice_status`, what is on it in `invoice_lines`. The pack of a month has
-- those that were there at its end, as they are known at the close.
--
-- grain    invoice_id
-- columns
--   invoice_id                   text                         the invoice
--   customer_id                  text?                        the customer it bills
--   customer_name                text?                        its name
--   contract_id                  text?                        the contract it bills; null on plans
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name
--   invoice_type                 text?                        as the vendor types it: the API's type, the export's label
--   invoice_kind                 text                         what it is for: usage, scheduled or true_up
--   invoice_status               text?                        DRAFT, DRAFT_INCOMPLETE (egress), FINALIZED or VOID
--   is_counted                   boolean                      false where its amount stands on another invoice too
--   billing_month                date?                        first day of the month in which the service period begins, UTC; without a period, of that of issue
--   starting_at                  timestamp?                   begin of the service period, UTC; null where scheduled
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   issued_date                  date?                        the day it was or will be issued, in the reporting time zone
--   due_date                     date?                        that day and the contract's payment terms; null where it has none
--   billing_provider             text?                        where it was sent
--   billing_provider_invoice_id  text?                        its id there
--   billing_provider_status      text?                        its status there; null until it was sent
--   payment                      text?                        of finalized ones: paid, open, failed, unsent, dropped or unknown
--   ageing_bucket                text                         how long it is due, or why nothing is outstanding, as in `invoice_status`
--   currency                     text?                        currency or custom unit of the amounts
--   subtotal_amount              decimal(38, 18)? [currency]  before credits and commits; null where neither it nor lines are known
--   applied_amount               decimal(38, 18)? [currency]  credits and commits applied in its currency, negative; null where its lines are not known
--   total_amount                 decimal(38, 18)? [currency]  after them, as the invoice says; null where a draft was not computed
--   outstanding_amount           decimal(38, 18)? [currency]  of it: finalized and not known to be paid or dropped
--   line_count                   integer                      the lines that make up its total
--   is_itemized                  boolean                      whether its lines are known; an export may come without them
-- checks
--   is_itemized or line_count = 0
--   invoice_status <> 'VOID' or outstanding_amount = 0
with
statuses as (
    select * from invoice_status
),

cut as (
    select * from int_invoices_cut
),

totals as (
    select * from int_invoices_totaled
),

kinds as (
    select * from int_invoices_classified
),

final as (
    select
        statuses.invoice_id,
        statuses.customer_id,
        statuses.customer_name,
        statuses.contract_id,
        cut.plan_id,
        cut.plan_name,
        cut.invoice_type,
        kinds.invoice_kind,
        statuses.invoice_status,
        cut.is_counted,
        coalesce(month_of(cut.starting_at), month_of(statuses.issued_date)) as billing_month,
        cut.starting_at,
        cut.ending_before,
        statuses.issued_date,
        statuses.due_date,
        statuses.billing_provider,
        cut.billing_provider_invoice_id,
        statuses.billing_provider_status,
        statuses.payment,
        statuses.ageing_bucket,
        statuses.currency,
        totals.subtotal_amount,
        case when totals.is_itemized then totals.applied_amount end as applied_amount,
        statuses.total_amount,
        statuses.outstanding_amount,
        totals.line_count,
        totals.is_itemized
    from statuses
    inner join cut on statuses.invoice_id = cut.invoice_id
    inner join totals on statuses.invoice_id = totals.invoice_id
    inner join kinds on statuses.invoice_id = kinds.invoice_id
)

select * from final order by invoice_id
