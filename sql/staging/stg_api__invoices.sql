-- Invoices of every status as the API lists them, one row each; amounts in currency units.
--
-- As of an instant: those issued before it, and drafts of a period that began before it, as they are now. When a status changed
-- is not told: what is void or paid now was so then, and what is final now is not shown as the draft that it was.
--
-- grain    invoice_id
-- params   $as_of instant
-- columns
--   invoice_id                   text                         the invoice
--   customer_id                  text?                        the customer it bills
--   invoice_status               text?                        DRAFT, FINALIZED or VOID
--   invoice_type                 text?                        USAGE, USAGE_CONSOLIDATED, SCHEDULED, or a type of the plans
--   has_line_items               boolean                      whether its lines were listed, be it none; null is no list of none
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name
--   contract_id                  text?                        the contract it bills; null on plans
--   starting_at                  timestamp?                   begin of the service period, UTC; null where scheduled
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   issued_at                    timestamp?                   when it was issued; of a draft, when it is planned to be, UTC
--   credit_type_id               text?                        unit of the amounts as received
--   currency                     text?                        currency or custom unit of the amounts
--   units_per_amount             decimal(38, 18) [fraction]   currency units in one unit as received: 0.01 for USD, else 1
--   subtotal_amount              decimal(38, 18)? [currency]  before credits; null on contracts, whose answers have none
--   total_amount                 decimal(38, 18)? [currency]  after credits
--   billing_provider             text?                        where it was sent
--   billing_provider_invoice_id  text?                        its id there
--   billing_provider_status      text?                        its status there; null until it was sent
--   regenerated_from_invoice_id  text?                        the voided invoice it stands in for
--   corrected_invoice_id         text?                        the invoice it corrects
--   payer_customer_id            text?                        the customer that pays, in a hierarchy
--   payer_contract_id            text?                        its contract
--   received_at                  timestamp?                   when the answer came, UTC
with
invoices as (
    select *
    from api.invoices
    where $as_of is null or case upper(status) when 'DRAFT' then start_timestamp else issued_at end < $as_of
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        money_mul(case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end, 1)
            as units_per_amount
    from invoices
),

final as (
    select
        id as invoice_id,
        customer_id,
        upper(status) as invoice_status,
        upper(type) as invoice_type,
        -- A lake of an earlier version does not know.
        coalesce(has_line_items, true) as has_line_items,
        plan_id,
        plan_name,
        contract_id,
        real_instant(start_timestamp) as starting_at,
        real_instant(end_timestamp) as ending_before,
        real_instant(issued_at) as issued_at,
        credit_type_id,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        units_per_amount,
        money_mul(subtotal, units_per_amount) as subtotal_amount,
        money_mul(total, units_per_amount) as total_amount,
        external_invoice_billing_provider_type as billing_provider,
        external_invoice_invoice_id as billing_provider_invoice_id,
        external_invoice_external_status as billing_provider_status,
        regenerated_from_invoice_id,
        correction_record_corrected_invoice_id as corrected_invoice_id,
        payer_customer_id,
        payer_contract_id,
        real_instant(_transferred_at) as received_at
    from converted
)

select * from final
