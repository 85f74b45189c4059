-- Currencies in which the customer summary does not add up to the invoices it is made from, to the last digit.
--
-- Left out are the drafts of a customer and currency of which one was not computed, and the finals of which one has no total: the
-- summary has no amount there.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified where is_counted
),

summary as (
    select * from customer_summary
),

staged as (
    select
        *,
        case invoice_status when 'FINALIZED' then 'finalized_total_amount' else 'draft_total_amount' end as figure
    from invoices
    where invoice_status in ('FINALIZED', 'DRAFT', 'DRAFT_INCOMPLETE')
),

incomplete as (
    select distinct customer_id, currency, figure from staged where total_amount is null and currency is not null
),

amounts as (
    select staged.figure, staged.currency, staged.total_amount as expected, cast(null as decimal(38, 18)) as found
    from staged
    left join incomplete
        on staged.figure = incomplete.figure
        and (staged.customer_id is not distinct from incomplete.customer_id)
        and (staged.currency is not distinct from incomplete.currency)
    where incomplete.currency is null
    union all
    select 'draft_total_amount' as figure, currency, cast(null as decimal(38, 18)) as expected, draft_total_amount as found
    from summary
    union all
    select
        'finalized_total_amount' as figure,
        currency,
        cast(null as decimal(38, 18)) as expected,
        finalized_total_amount as found
    from summary
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
