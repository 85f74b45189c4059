-- Draft invoices of the newest complete snapshot, one row each; amounts in currency units.
--
-- grain    invoice_id
-- columns
--   invoice_id                   text                         the invoice: the id it keeps once it is finalized
--   customer_id                  text?                        the customer it will bill
--   invoice_status               text?                        DRAFT, or DRAFT_INCOMPLETE: not computed
--   invoice_label                text?                        kind of invoice; the values are not documented
--   plan_id                      text?                        the plan it bills; null on contracts
--   plan_name                    text?                        its name
--   contract_id                  text?                        the contract it bills; null on plans
--   starting_at                  timestamp?                   begin of the service period, UTC
--   ending_before                timestamp?                   end of the service period, exclusive, UTC
--   credit_type_id               text?                        unit of the amount as exported
--   currency                     text?                        currency or custom unit of the amount
--   total_amount                 decimal(38, 18)? [currency]  after credits; null where it was not computed
--   billing_provider_invoice_id  text?                        its id at the billing provider, if any yet
--   snapshot_at                  timestamp?                   begin of the UTC day of the snapshot
with
drafts as (
    select * from current.draft_invoice
),

final as (
    select
        id as invoice_id,
        customer_id,
        upper(status) as invoice_status,
        label as invoice_label,
        plan_id,
        plan_name,
        contract_id,
        real_instant(start_timestamp) as starting_at,
        real_instant(end_timestamp) as ending_before,
        credit_type_id,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(
            total, case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end
        ) as total_amount,
        billing_provider_invoice_id,
        snapshot_time as snapshot_at
    from drafts
)

select * from final
