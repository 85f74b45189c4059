-- Ids that stand more than once in the API's rows that reports are made of.
--
-- severity block
with
ids as (
    select 'customer' as kind, customer_id as id from stg_api__customers
    union all
    select 'invoice' as kind, invoice_id as id from stg_api__invoices
    union all
    select 'line' as kind, invoice_id || '/' || cast(line_number as varchar) as id from stg_api__line_items
    union all
    select 'balance' as kind, balance_id as id from stg_api__balances
    union all
    select 'segment' as kind, balance_id || '/' || cast(item_number as varchar) as id from stg_api__balance_segments
    union all
    select 'ledger entry' as kind, balance_id || '/' || cast(entry_number as varchar) as id
    from stg_api__balance_ledger_entries
    union all
    select 'contract' as kind, contract_id as id from stg_api__contracts
    union all
    select 'credit grant' as kind, credit_grant_id as id from stg_api__credit_grants
),

final as (
    select
        kind,
        id,
        count(*) as row_count
    from ids
    group by kind, id
    having count(*) > 1
)

select * from final order by kind, id
