-- Currencies in which the customer summary does not add up to the invoices it is made from, to the last digit.
--
-- Drafts are left out for a customer and currency of which one was not computed: the summary has no amount there.
--
-- severity block
with
invoices as (
    select * from int_invoices_unified where is_counted
),

summary as (
    select * from customer_summary
),

incomplete as (
    select distinct customer_id, currency from invoices
    where invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') and total_amount is null and currency is not null
),

drafts as (
    select invoices.currency, invoices.total_amount
    from invoices
    left join incomplete
        on (invoices.customer_id is not distinct from incomplete.customer_id)
        and (invoices.currency is not distinct from incomplete.currency)
    where invoices.invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') and incomplete.currency is null
),

amounts as (
    select 'draft_total_amount' as figure, currency, total_amount as expected, cast(null as decimal(38, 18)) as found
    from drafts
    union all
    select 'finalized_total_amount' as figure, currency, total_amount as expected, cast(null as decimal(38, 18)) as found
    from invoices
    where invoice_status = 'FINALIZED'
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
