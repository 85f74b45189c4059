-- Lines of final and draft invoices with what they are for revenue, one row each. Void invoices are out.
--
-- A line bills usage, a subscription, a scheduled fee, the purchase of a prepaid commit or the true-up of a postpaid one; or
-- it applies a commit, a credit or a credit grant, and then pays for what the lines of its product on the invoice bill.
--
-- grain    line_item_key
-- params   $expiry_month term_end|next_month = term_end, $reporting_time_zone time_zone = UTC
-- columns
--   line_item_key     text                         the line
--   invoice_id        text                         its invoice
--   is_draft          boolean                      whether the invoice is still a draft
--   is_counted        boolean                      false where the invoice's amount stands on another invoice too
--   is_consolidated   boolean                      whether the invoice repeats lines of others, on which ledgers draw
--   line_role         text                         usage, subscription, scheduled, purchase, trueup or application
--   billed_role       text                         the same; of an application, the role of what it pays for
--   balance_type      text?                        of the commit or credit it names: prepaid, postpaid, credit, unknown, or grant
--   customer_id       text?                        the customer billed
--   contract_id       text?                        the contract billed
--   product_id        text?                        the product it bills
--   balance_id        text?                        the commit or credit it names
--   is_money          boolean                      whether it is in the invoice's currency; a custom unit is no money
--   currency          text?                        currency or custom unit of the amount
--   invoice_currency  text?                        currency of the invoice
--   total_amount      decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   starting_at       timestamp?                   begin of its service period, UTC; null where it has none
--   ending_before     timestamp?                   end of it, exclusive, UTC; null where it has none
--   booked_at         timestamp?                   when it is billed, UTC: null in drafts of the export
--   booked_month      date?                        first day of the month it is billed in, in the reporting time zone
--   point_month       date?                        first day of the month it counts for where it has no period
with
lines as (
    select * from int_line_items_unified
),

invoices as (
    select * from int_invoices_unified where invoice_status in ('FINALIZED', 'DRAFT')
),

kinds as (
    select * from int_invoices_classified
),

balances as (
    select * from int_balances_unified
),

joined as (
    select
        lines.*,
        lines.commit_id as balance_id,
        invoices.invoice_status = 'DRAFT' as is_draft,
        coalesce(upper(invoices.invoice_type) like '%CONSOLIDATED%', false) as is_consolidated,
        invoices.contract_id,
        invoices.currency as invoice_currency,
        invoices.issued_at,
        kinds.settled_at,
        case
            when lines.commit_id is null and lines.credit_grant_id is not null then 'grant'
            when lines.commit_id is not null then coalesce(balances.balance_type, 'unknown')
        end as balance_type,
        case
            when lines.is_application then 'application'
            when lines.line_type = 'commit_purchase' then 'purchase'
            when balances.balance_type = 'prepaid' and kinds.invoice_kind <> 'usage' then 'purchase'
            when balances.balance_type = 'postpaid' and kinds.invoice_kind <> 'usage' then 'trueup'
            when lines.line_type = 'subscription' then 'subscription'
            when kinds.invoice_kind <> 'usage' then 'scheduled'
            else 'usage'
        end as line_role
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join kinds on lines.invoice_id = kinds.invoice_id
    left join balances on lines.commit_id = balances.balance_id
),

fees as (
    select invoice_id, product_id, min(line_role) as line_role
    from joined
    where line_role in ('subscription', 'scheduled') and product_id is not null
    group by invoice_id, product_id
),

named as (
    select
        joined.*,
        case
            when joined.line_role <> 'application' then joined.line_role
            else coalesce(fees.line_role, 'usage')
        end as billed_role,
        joined.line_role not in ('purchase', 'trueup')
        and coalesce(joined.starting_at < joined.ending_before, false) as has_period,
        month_of(date_in_zone(joined.issued_at, cast($reporting_time_zone as varchar))) as booked_month
    from joined
    left join fees on joined.invoice_id = fees.invoice_id and joined.product_id = fees.product_id
),

final as (
    select
        line_item_key,
        invoice_id,
        is_draft,
        is_counted,
        is_consolidated,
        line_role,
        billed_role,
        balance_type,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        coalesce(currency = invoice_currency, false) as is_money,
        currency,
        invoice_currency,
        total_amount,
        case when has_period then starting_at end as starting_at,
        case when has_period then ending_before end as ending_before,
        issued_at as booked_at,
        booked_month,
        -- A true-up settles a term as an expiry ends a segment: both belong to the month that policy says.
        case
            when line_role = 'trueup' and $expiry_month = 'term_end' and settled_at is not null
                then month_of(settled_at - interval '1 microsecond')
            -- A period that begins and does not end is that of the month it begins in.
            when line_role not in ('purchase', 'trueup') and starting_at is not null and ending_before is null
                then month_of(starting_at)
            else coalesce(booked_month, month_of(starting_at))
        end as point_month
    from named
)

select * from final
