-- Finalized invoices whose lines are not all there, or do not add up to them in their currency.
--
-- severity block
with
billed as (
    select * from invoices where invoice_status = 'FINALIZED'
),

headers as (
    select invoice_id, channel = 'api' and contract_id is null as is_open_ended from int_invoices_unified
),

lines as (
    select * from invoice_lines
),

delivered as (
    select invoice_id, count(*) as line_count
    from int_line_items_unified
    where invoice_status = 'FINALIZED'
    group by invoice_id
),

-- What does not add up in what was delivered is told there.
excepted as (
    select distinct invoice_id
    from int_exceptions_invoiced
    where code in (
        'LINES_DIFFER_FROM_INVOICE', 'SUB_LINES_DIFFER_FROM_LINE', 'LINE_WITHOUT_AMOUNT', 'INVOICE_WITHOUT_LINES'
    )
),

whole_lines as (
    select invoice_id, line_item_id, count(*) as row_count, money_total(invoiced_amount) as invoiced_amount
    from lines
    group by invoice_id, line_item_id
),

found as (
    select
        invoice_id,
        count(*) as line_count,
        money_sum(row_count) as row_count,
        money_total(invoiced_amount) as invoiced_amount
    from whole_lines
    group by invoice_id
),

compared as (
    select
        billed.invoice_id,
        billed.currency,
        billed.total_amount,
        billed.is_itemized,
        coalesce(delivered.line_count, 0) as expected_line_count,
        coalesce(found.line_count, 0) as found_line_count,
        coalesce(found.row_count, 0) as row_count,
        case when found.invoice_id is null then 0 else found.invoiced_amount end as invoiced_amount,
        -- What changes the total of a plan's invoice besides lines is not documented in the API.
        not headers.is_open_ended and excepted.invoice_id is null as is_to_add_up
    from billed
    inner join headers on billed.invoice_id = headers.invoice_id
    left join delivered on billed.invoice_id = delivered.invoice_id
    left join found on billed.invoice_id = found.invoice_id
    left join excepted on billed.invoice_id = excepted.invoice_id
),

strangers as (
    select found.invoice_id, found.line_count, found.invoiced_amount
    from found
    left anti join billed on found.invoice_id = billed.invoice_id
),

final as (
    select
        invoice_id,
        currency,
        expected_line_count,
        found_line_count,
        total_amount as expected_amount,
        invoiced_amount as found_amount
    from compared
    where expected_line_count <> found_line_count
        or (is_itemized and found_line_count = 0 and total_amount <> 0)
        -- A double of more decimals than there is room for was rounded in each of them.
        or (
            is_itemized
            and is_to_add_up
            and coalesce(
                abs(total_amount - invoiced_amount) > money_mul(row_count + 1, 0.000000000000000001),
                total_amount is distinct from invoiced_amount
            )
        )
    union all
    select
        invoice_id,
        cast(null as varchar) as currency,
        0 as expected_line_count,
        line_count as found_line_count,
        cast(null as decimal(38, 18)) as expected_amount,
        invoiced_amount as found_amount
    from strangers
)

select * from final order by invoice_id
