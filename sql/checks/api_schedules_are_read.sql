-- Segments and ledger entries of the API's balances without an amount or a time.
--
-- severity block
with
entries as (
    select 'segment' as kind, balance_id, item_number as place, granted as amount, starting_at as dated_at
    from stg_api__balance_segments
    union all
    select 'ledger entry' as kind, balance_id, entry_number as place, amount, occurred_at as dated_at
    from stg_api__balance_ledger_entries
),

final as (
    select
        kind,
        balance_id,
        place
    from entries
    where amount is null or dated_at is null
)

select * from final order by kind, balance_id, place
