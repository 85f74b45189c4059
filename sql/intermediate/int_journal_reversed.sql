-- Journal entries that take an accrual back, one row each, and which.
--
-- grain    entry_id
-- columns
--   entry_id           text  the entry
--   reverses_entry_id  text  the accrual that it takes back
with
events as (
    select * from int_journal_events where event = 'accrual reversed'
),

-- Entries are named as in int_journal_lines; an accrual's source and month are the source of what takes it back.
final as (
    select
        md5(event || '/' || source_id || '/' || cast(month as varchar)) as entry_id,
        md5('accrual/' || source_id) as reverses_entry_id
    from events
)

select * from final
