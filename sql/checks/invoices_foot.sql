-- Invoices that are missing here, stand here twice or come to something else than in `invoice_status`, and those that are itemized and
-- whose subtotal and what is applied are not what their lines come to.
--
-- severity block
with
found as (
    select * from invoices
),

expected as (
    select * from invoice_status
),

headers as (
    select * from int_invoices_unified
),

lines as (
    select * from int_line_items_unified where is_in_total
),

-- What does not add up in what was delivered is told there.
excepted as (
    select distinct invoice_id
    from int_exceptions_invoiced
    where code in ('LINES_DIFFER_FROM_INVOICE', 'LINE_WITHOUT_AMOUNT')
),

amounts as (
    select
        invoice_id, 1 as expected_count, 0 as found_count, total_amount as expected_total_amount,
        cast(null as decimal(38, 18)) as found_total_amount, outstanding_amount as expected_outstanding_amount,
        cast(null as decimal(38, 18)) as found_outstanding_amount
    from expected
    union all
    select
        invoice_id, 0 as expected_count, 1 as found_count, cast(null as decimal(38, 18)) as expected_total_amount,
        total_amount as found_total_amount, cast(null as decimal(38, 18)) as expected_outstanding_amount,
        outstanding_amount as found_outstanding_amount
    from found
),

compared as (
    select
        invoice_id,
        money_sum(expected_count) as expected_count,
        money_sum(found_count) as found_count,
        money_sum(expected_total_amount) as expected_total_amount,
        money_sum(found_total_amount) as found_total_amount,
        money_sum(expected_outstanding_amount) as expected_outstanding_amount,
        money_sum(found_outstanding_amount) as found_outstanding_amount
    from amounts
    group by invoice_id
),

charged as (
    select
        headers.invoice_id,
        count(*) as line_count,
        coalesce(money_total(lines.total_amount) filter (where not lines.is_application), 0) as subtotal_amount,
        coalesce(money_total(lines.total_amount) filter (where lines.is_application), 0) as applied_amount
    from headers
    inner join lines on headers.invoice_id = lines.invoice_id and headers.currency = lines.currency
    -- What changes the total of a plan's invoice besides lines is not documented in the API.
    where headers.channel = 'egress' or headers.contract_id is not null
    group by headers.invoice_id
),

differences as (
    select
        'invoices' as figure, invoice_id, expected_count as expected_amount, found_count as found_amount
    from compared
    where expected_count <> 1 or found_count <> 1
    union all
    select 'total_amount' as figure, invoice_id, expected_total_amount as expected_amount, found_total_amount as found_amount
    from compared
    where expected_total_amount is distinct from found_total_amount
    union all
    select
        'outstanding_amount' as figure, invoice_id, expected_outstanding_amount as expected_amount,
        found_outstanding_amount as found_amount
    from compared
    where expected_outstanding_amount is distinct from found_outstanding_amount
    union all
    select
        'subtotal_amount' as figure, found.invoice_id, charged.subtotal_amount as expected_amount,
        found.subtotal_amount as found_amount
    from found
    inner join charged on found.invoice_id = charged.invoice_id
    left anti join excepted on found.invoice_id = excepted.invoice_id
    -- A double of more decimals than there is room for was rounded in each of them.
    where coalesce(
        abs(found.subtotal_amount - charged.subtotal_amount) > money_mul(charged.line_count + 1, 0.000000000000000001), true
    )
    union all
    select
        'applied_amount' as figure, found.invoice_id, charged.applied_amount as expected_amount,
        found.applied_amount as found_amount
    from found
    inner join charged on found.invoice_id = charged.invoice_id
    left anti join excepted on found.invoice_id = excepted.invoice_id
    where found.applied_amount is distinct from charged.applied_amount
)

select * from differences order by figure, invoice_id
