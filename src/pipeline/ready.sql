-- What speaks against closing a month, one row each: its code, and what was found.
with
closing as (
    select cast('{end}' as timestamp(6) with time zone) as ended_at
),

-- What has been asked of the API was seen then, changed or not.
seen as (
    select newest_at as seen_at from int_data_dated
    union all
    select began_at as seen_at from etl.extractions where error is null
),

-- Tables that come whole each time: the newest says how far they go.
deliveries as (
    select 'contracts_balances' as delivery, max(exported_at) as seen_at from stg_egress__balances having count(*) > 0
    union all
    select 'draft_invoice' as delivery, max(snapshot_at) as seen_at from stg_egress__draft_invoices having count(*) > 0
),

found as (
    select 'DATA_END_BEFORE_MONTH' as code, coalesce('the data end at ' || cast(max(seen.seen_at) as varchar), 'there are no data') as what
    from closing
    left join seen on true
    group by closing.ended_at
    having max(seen.seen_at) is null or max(seen.seen_at) < closing.ended_at
    union all
    select 'DELIVERY_MISSING' as code, 'the newest ' || delivery || ' is of ' || cast(seen_at as varchar) as what
    from deliveries
    cross join closing
    where seen_at < ended_at
    union all
    select 'DRAFTS_OPEN' as code, count(*) || case when count(*) = 1 then ' draft' else ' drafts' end || ' of it or before: '
        || min(invoice_id) || case when count(*) = 1 then '' else ', …' end as what
    from int_invoices_unified
    cross join closing
    where is_counted and invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') and coalesce(ending_before, issued_at) <= ended_at
    having count(*) > 0
)

select code, string_agg(what, '; ' order by what) as what from found group by code order by code
