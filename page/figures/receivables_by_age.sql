-- What is outstanding, by how long it has been due.
--
-- grain    currency, ageing_bucket
-- columns
--   currency            text                         currency of the amounts
--   ageing_bucket       text                         days past due
--   invoice_count       integer                      invoices
--   outstanding_amount  decimal(38, 18)? [currency]  finalized and not known to be paid or dropped; null where one is not known
with
outstanding as (
    select *
    from invoice_status
    where
        currency is not null
        and ageing_bucket in ('not due', '1-30', '31-60', '61-90', 'over 90', 'undated')
)
select
    currency,
    ageing_bucket,
    count(*) as invoice_count,
    case when count(*) = count(outstanding_amount) then money_sum(outstanding_amount) end as outstanding_amount
from outstanding
group by currency, ageing_bucket
order by
    currency,
    case ageing_bucket
        when 'not due' then 1 when '1-30' then 2 when '31-60' then 3 when '61-90' then 4 when 'over 90' then 5 else 6
    end
