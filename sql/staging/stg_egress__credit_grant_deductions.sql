-- What finalized invoices drew from credit grants of plans (legacy), one row each; the amount is in the grant's credit type.
--
-- grain    deduction_id
-- columns
--   deduction_id     text                                        the deduction
--   credit_grant_id  text?                                       the grant drawn from
--   invoice_id       text?                                       the invoice it paid on
--   effective_at     timestamp?                                  when it counts, UTC
--   deducted         decimal(38, 18)? [credit type of the grant]  drawn, positive, as exported
with
deductions as (
    select * from current.credit_grant_deduction
),

final as (
    select
        id as deduction_id,
        credit_grant_id,
        invoice_id,
        real_instant(effective_at) as effective_at,
        amount as deducted
    from deductions
)

select * from final
