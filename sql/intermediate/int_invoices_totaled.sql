-- What invoices come to before and after credits, one row each, from their lines.
--
-- grain    invoice_id
-- columns
--   invoice_id       text                         the invoice
--   currency         text?                        currency or custom unit of the amounts
--   is_itemized      boolean                      whether its lines are known; an export may come without them
--   subtotal_amount  decimal(38, 18)? [currency]  before credits and commits; null where neither it nor lines are known
--   applied_amount   decimal(38, 18)? [currency]  credits and commits applied in the invoice's currency: not above zero
--   line_count       integer                      the lines in its total, in its currency
--   lines_amount     decimal(38, 18)? [currency]  those added up; null where it has none, or one has no total
--   total_amount     decimal(38, 18)? [currency]  after them, as the invoice says; null where it was not computed
with
invoices as (
    select * from int_invoices_unified
),

line_items as (
    select * from int_line_items_unified
),

itemized as (
    select distinct invoice_id from line_items
),

exported_statuses as (
    select distinct invoice_status from line_items where channel = 'egress'
),

sums as (
    select
        invoices.invoice_id,
        money_total(line_items.total_amount) as lines_amount,
        money_total(line_items.total_amount) filter (where line_items.is_application) as applied_amount,
        count(*) as line_count
    from invoices
    inner join line_items
        on invoices.invoice_id = line_items.invoice_id and invoices.currency = line_items.currency
    where line_items.is_in_total
    group by invoices.invoice_id
),

judged as (
    select
        invoices.*,
        -- The API lists lines with the invoice. The export has them in tables of their own, of drafts and of finals: where
        -- one was delivered, an invoice of nothing may have no line in it.
        itemized.invoice_id is not null
        or coalesce(
            invoices.total_amount = 0
            and case invoices.channel
                when 'api' then invoices.has_line_items
                else exported_statuses.invoice_status is not null
            end,
            false
        ) as is_itemized,
        sums.lines_amount,
        sums.line_count,
        case when sums.line_count > 0 then sums.applied_amount else 0 end as applied_amount
    from invoices
    left join itemized on invoices.invoice_id = itemized.invoice_id
    left join exported_statuses on invoices.invoice_status = exported_statuses.invoice_status
    left join sums on invoices.invoice_id = sums.invoice_id
),

final as (
    select
        invoice_id,
        currency,
        is_itemized,
        coalesce(stated_subtotal_amount, case when is_itemized then total_amount - applied_amount end)
            as subtotal_amount,
        applied_amount,
        coalesce(line_count, 0) as line_count,
        lines_amount,
        total_amount
    from judged
)

select * from final
