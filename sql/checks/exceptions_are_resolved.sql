-- Reconciliation exceptions that block and that nobody accepted: see the report reconciliation_exceptions.
--
-- severity block
with
exceptions as (
    select * from reconciliation_exceptions
),

final as (
    select
        code,
        item,
        description,
        customer_name,
        invoice_id,
        balance_id,
        month,
        currency,
        expected_amount,
        actual_amount,
        probable_cause
    from exceptions
    where severity = 'block' and status = 'open'
)

select * from final order by code, item
