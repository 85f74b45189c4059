-- Currencies in which the ageing buckets do not add up to the invoices, or those of open ones not to what is
-- outstanding.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified
),

buckets as (
    select * from invoice_status
),

amounts as (
    select 'total_amount' as figure, currency, total_amount as expected, cast(null as decimal(38, 18)) as found
    from invoices
    union all
    select
        'outstanding_amount' as figure,
        currency,
        case
            when is_counted and invoice_status = 'FINALIZED'
                and coalesce(billing_provider_status not in ('PAID', 'VOID', 'SKIPPED', 'DELETED'), true)
                then total_amount
        end as expected,
        cast(null as decimal(38, 18)) as found
    from invoices
    union all
    select 'total_amount' as figure, currency, cast(null as decimal(38, 18)) as expected, total_amount as found
    from buckets
    union all
    select
        'outstanding_amount' as figure,
        currency,
        cast(null as decimal(38, 18)) as expected,
        case when ageing_bucket in ('not due', '1-30', '31-60', '61-90', 'over 90', 'undated') then outstanding_amount end
            as found
    from buckets
),

final as (
    select
        figure,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by figure, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by figure, currency
