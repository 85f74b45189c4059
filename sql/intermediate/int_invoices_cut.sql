-- Invoices, one row each, as they stood at the end of the month that a pack is of; without such a month as they stand.
--
-- What was issued by then stands as it stands now, since a status has no history. What was issued later and bills a period that had
-- begun was a draft then; other invoices were not there. Days are those of the reporting time zone.
--
-- grain    invoice_id
-- params   $cutoff instant, $reporting_time_zone time_zone = UTC
-- columns
--   invoice_id                   text                         the invoice
--   customer_id                  text?                        the customer it bills
--   invoice_status               text?                        DRAFT, DRAFT_INCOMPLETE (egress), FINALIZED or VOID
--   invoice_type                 text?                        the API's type, the export's label
--   is_counted                   boolean                      false where its amount stands on another invoice too
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name
--   contract_id                  text?                        the contract it bills; null on plans
--   starting_at                  timestamp?                   begin of the service period, UTC; null where scheduled
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   issued_at                    timestamp?                   when it was or will be issued, UTC
--   currency                     text?                        currency or custom unit of the amounts
--   total_amount                 decimal(38, 18)? [currency]  after credits; null where a draft was not computed
--   billing_provider             text?                        where it was sent
--   billing_provider_invoice_id  text?                        its id there
--   billing_provider_status      text?                        its status there, in upper case; null until it was sent
--   payment                      text                         what that means: unsent, open, paid, failed, dropped or unknown
with
invoices as (
    select * from int_invoices_unified
),

dated as (
    select
        *,
        invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') as is_draft,
        $cutoff is null
        or coalesce(
            date_in_zone(issued_at, cast($reporting_time_zone as varchar)) < date_in_zone($cutoff, 'UTC'),
            starting_at is null or starting_at < $cutoff
        ) as is_issued
    from invoices
),

final as (
    select
        invoice_id,
        customer_id,
        case when is_issued or is_draft then invoice_status else 'DRAFT' end as invoice_status,
        invoice_type,
        is_counted,
        plan_id,
        plan_name,
        contract_id,
        starting_at,
        ending_before,
        issued_at,
        currency,
        total_amount,
        billing_provider,
        billing_provider_invoice_id,
        billing_provider_status,
        payment
    from dated
    -- A draft without a period is planned for a date.
    where is_issued or (is_draft and starting_at is null) or starting_at < $cutoff
)

select * from final
