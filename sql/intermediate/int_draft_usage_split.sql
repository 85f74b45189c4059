-- Usage on drafts by the months it was used in, where daily breakdowns tell: what of it each payer covers, one row a month.
--
-- What no commit and no credit covers has no payer. A month's part of an amount of a draft is amount × amount_through ÷
-- whole_amount less amount × amount_before ÷ whole_amount: a breakdown may be of another snapshot than the draft.
--
-- grain    invoice_id, product_id, currency, starting_at, ending_before, payer_id, month
-- columns
--   invoice_id      text                        the draft
--   product_id      text                        the product
--   currency        text                        currency or custom unit of the amounts
--   starting_at     timestamp                   begin of the time of use, as its lines have it, UTC
--   ending_before   timestamp                   end of it, exclusive, UTC
--   payer_id        text?                       the commit or credit that covers it; null of what none does
--   month           date                        first day of a month in which it was used
--   amount_before   decimal(38, 18) [currency]  used before the month
--   amount_through  decimal(38, 18) [currency]  used up to the month's end
--   whole_amount    decimal(38, 18) [currency]  used; not 0
with
invoices as (
    select * from int_invoices_unified where invoice_status = 'DRAFT'
),

lines as (
    select * from int_lines_classified where is_draft and billed_role = 'usage'
),

days as (
    select invoice_id, 'api' as channel, product_id, commit_id, starting_at, currency, total_amount
    from stg_api__draft_breakdown_lines
    union all
    select
        breakdowns.invoice_id,
        'egress' as channel,
        breakdown_lines.product_id,
        breakdown_lines.commit_id,
        breakdown_lines.starting_at,
        breakdown_lines.currency,
        breakdown_lines.total_amount
    from stg_egress__draft_breakdown_lines as breakdown_lines
    inner join stg_egress__draft_breakdowns as breakdowns on breakdown_lines.breakdown_id = breakdowns.breakdown_id
),

spans as (
    select distinct invoice_id, product_id, currency, starting_at, ending_before
    from lines
    where product_id is not null and starting_at is not null
),

used as (
    select
        spans.*,
        days.commit_id,
        month_of(days.starting_at) as month,
        days.total_amount
    from spans
    inner join invoices on spans.invoice_id = invoices.invoice_id
    inner join days
        on invoices.invoice_id = days.invoice_id
        and invoices.channel = days.channel
        and spans.product_id = days.product_id
        and spans.currency = days.currency
    where spans.starting_at <= days.starting_at and days.starting_at < spans.ending_before
),

-- A commit that no line applies covers what names it.
applied as (
    select
        invoice_id,
        commit_id,
        bool_or(total_amount < 0) as is_applied
    from used
    where commit_id is not null
    group by invoice_id, commit_id
),

shares as (
    select
        invoice_id,
        product_id,
        currency,
        starting_at,
        ending_before,
        cast(null as varchar) as payer_id,
        month,
        money_sum(total_amount) as amount
    from used
    group by invoice_id, product_id, currency, starting_at, ending_before, month
    union all
    select
        used.invoice_id,
        used.product_id,
        used.currency,
        used.starting_at,
        used.ending_before,
        used.commit_id as payer_id,
        used.month,
        money_sum(abs(used.total_amount)) as amount
    from used
    inner join applied on used.invoice_id = applied.invoice_id and used.commit_id = applied.commit_id
    where applied.is_applied = (used.total_amount < 0)
    group by used.invoice_id, used.product_id, used.currency, used.starting_at, used.ending_before, used.commit_id,
        used.month
),

cumulated as (
    select
        *,
        money_sum(amount) over (
            partition by invoice_id, product_id, currency, starting_at, ending_before, payer_id
            order by month
            rows between unbounded preceding and current row
        ) as amount_through,
        money_sum(amount) over (
            partition by invoice_id, product_id, currency, starting_at, ending_before, payer_id
        ) as whole_amount
    from shares
),

final as (
    select
        invoice_id,
        product_id,
        currency,
        starting_at,
        ending_before,
        payer_id,
        month,
        amount_through - amount as amount_before,
        amount_through,
        whole_amount
    from cumulated
    where whole_amount <> 0
)

select * from final
