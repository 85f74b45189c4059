-- Days of finalized invoices as they were last told, one row each: what comes late changes a day and not the invoice.
--
-- grain    breakdown_id
-- columns
--   breakdown_id  text        the day of the invoice, as its lines name it
--   invoice_id    text?       the invoice
--   snapshot_at   timestamp?  when the day was computed, UTC; its lines name the same time
--   starting_at   timestamp?  begin of the day, UTC
--   window_size   text?       how long a window is: DAILY; null where it is not told
with
breakdowns as (
    select * from current.breakdowns_invoices
),

final as (
    select
        id as breakdown_id,
        invoice_id,
        snapshot_timestamp as snapshot_at,
        breakdown_start_timestamp as starting_at,
        upper(window_size) as window_size
    from breakdowns
)

select * from final
