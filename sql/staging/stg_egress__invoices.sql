-- Invoices, finalized and void, one row each; amounts in currency units.
--
-- As of an instant: those issued before it. When a status changed is not told: what is void or paid now was so then.
--
-- grain    invoice_id
-- params   $as_of instant
-- columns
--   invoice_id                   text                         the invoice
--   customer_id                  text?                        the customer it bills
--   invoice_status               text?                        FINALIZED or VOID
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name when the invoice was made
--   contract_id                  text?                        the contract it bills; null on plans
--   starting_at                  timestamp?                   begin of the service period, UTC
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   issued_at                    timestamp?                   when it was issued, UTC
--   credit_type_id               text?                        unit of the amount as exported
--   currency                     text?                        currency or custom unit of the amount
--   total_amount                 decimal(38, 18)? [currency]  after credits
--   invoice_label                text?                        kind of invoice; the values are not documented
--   billing_provider             text?                        where it was sent
--   billing_provider_invoice_id  text?                        its id there
--   billing_provider_status      text?                        its status there; null until it was sent
--   received_at                  timestamp?                   when it was transferred; where files do not tell, when it last changed, UTC
with
invoices as (
    select *
    from current.invoice
    where $as_of is null or coalesce(real_instant(issued_at), real_instant(end_timestamp), real_instant(start_timestamp)) < $as_of
),

final as (
    select
        id as invoice_id,
        customer_id,
        upper(status) as invoice_status,
        plan_id,
        plan_name,
        contract_id,
        real_instant(start_timestamp) as starting_at,
        real_instant(end_timestamp) as ending_before,
        real_instant(issued_at) as issued_at,
        credit_type_id,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(
            total, case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as total_amount,
        invoice_label,
        billing_provider_type as billing_provider,
        billing_provider_invoice_id,
        billing_provider_invoice_external_status as billing_provider_status,
        real_instant(coalesce(_transferred_at, updated_at)) as received_at
    from invoices
)

select * from final
