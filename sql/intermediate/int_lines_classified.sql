-- Lines of final and draft invoices with what they are for revenue, one row each. Void invoices are out.
--
-- A line bills usage, a subscription, a scheduled fee, the purchase of a prepaid commit or the true-up of a postpaid one; or
-- it applies a commit, a credit or a credit grant, and then pays for what the lines of its product on the invoice bill. That is
-- told line by line: an invoice may bill all of these.
--
-- What a draft bills of usage was used by the time it was told, so its period ends then, and not at the end of the invoice's. A
-- fee is for its whole period, and earned by its days.
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
--   priced_quantity   decimal(38, 18)? [quantity]  units billed; null where the line tells no price of one
--   starting_at       timestamp?                   begin of its service period or term, UTC; null where it has none
--   ending_before     timestamp?                   end of it, exclusive, UTC; of usage on drafts, of the days that have passed
--   earned_before     timestamp?                   of fees on drafts, end of the days of it that have passed, exclusive, UTC
--   booked_at         timestamp?                   when it is billed, UTC: null in drafts of the export
--   booked_month      date?                        first day of the month it is billed in, in the reporting time zone
--   point_month       date?                        first day of the month it counts for where it has no period; null of drafts to come
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

terms as (
    select * from int_commits_dated
),

billed_commits as (
    select * from int_commits_billed
),

fee_terms as (
    select * from int_fees_dated
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
        invoices.told_until,
        -- A ledger says when a commit was settled; else its term does, if it was over when the true-up was billed.
        coalesce(
            billed_commits.settled_at,
            case when terms.ending_before <= coalesce(invoices.told_until, invoices.issued_at) then terms.ending_before end
        ) as settled_at,
        case
            when lines.commit_id is null and lines.credit_grant_id is not null then 'grant'
            when lines.commit_id is not null then coalesce(balances.balance_type, 'unknown')
        end as balance_type,
        kinds.invoice_kind = 'usage' and lines.line_type not in ('commit_purchase', 'scheduled') as is_metered
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join kinds on lines.invoice_id = kinds.invoice_id
    left join balances on lines.commit_id = balances.balance_id
    left join terms on lines.commit_id = terms.balance_id
    left join billed_commits
        on lines.commit_id = billed_commits.balance_id and lines.invoice_id = billed_commits.invoice_id
),

roles as (
    select
        *,
        case
            when is_application then 'application'
            -- The API calls both a purchase; a postpaid commit is paid for by its true-up.
            when balance_type = 'postpaid' and not is_metered then 'trueup'
            when line_type = 'commit_purchase' then 'purchase'
            when balance_type = 'prepaid' and not is_metered then 'purchase'
            when line_type = 'subscription' then 'subscription'
            when not is_metered then 'scheduled'
            else 'usage'
        end as line_role
    from joined
),

fees as (
    select invoice_id, product_id, min(line_role) as line_role
    from roles
    where line_role in ('subscription', 'scheduled') and product_id is not null
    group by invoice_id, product_id
),

named as (
    select
        roles.*,
        case
            when roles.line_role <> 'application' then roles.line_role
            else coalesce(fees.line_role, 'usage')
        end as billed_role,
        month_of(date_in_zone(roles.issued_at, cast($reporting_time_zone as varchar))) as booked_month
    from roles
    left join fees on roles.invoice_id = fees.invoice_id and roles.product_id = fees.product_id
),

-- The period of an invoice is that of its usage: a fee on it has its own, or its term.
timed as (
    select *, billed_role = 'scheduled' and not has_own_period as is_by_term from named
),

periods as (
    select
        timed.*,
        case when timed.is_by_term then fee_terms.starting_at else timed.starting_at end as period_starting_at,
        case when timed.is_by_term then fee_terms.ending_before else timed.ending_before end as period_ending_before
    from timed
    left join fee_terms on timed.invoice_id = fee_terms.invoice_id and timed.product_id = fee_terms.product_id
),

placed as (
    select
        *,
        line_role not in ('purchase', 'trueup')
        and coalesce(period_starting_at < period_ending_before, false) as has_period
    from periods
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
        -- A line without a price of one unit has a quantity of 1, whatever it bills.
        case when unit_price_amount is not null then quantity end as priced_quantity,
        case when has_period then period_starting_at end as starting_at,
        case
            when has_period and is_draft and billed_role = 'usage' then least(
                period_ending_before,
                -- What was used on the first day may be told on it.
                greatest(told_until, cast(cast(period_starting_at as date) + 1 as timestamp(6) with time zone))
            )
            when has_period then period_ending_before
        end as ending_before,
        case when has_period and is_draft and billed_role <> 'usage' then least(period_ending_before, told_until) end
            as earned_before,
        issued_at as booked_at,
        booked_month,
        -- A true-up settles a term as an expiry ends a segment: both belong to the month that policy says. What a draft
        -- settles later is not earned yet.
        case
            when line_role = 'trueup' and is_draft and coalesce(settled_at > told_until, true) then cast(null as date)
            when line_role = 'trueup' and settled_at is not null and $expiry_month = 'term_end'
                then month_of(settled_at - interval '1 microsecond')
            when line_role = 'trueup' and settled_at is not null then month_of(settled_at)
            -- A period that begins and does not end is that of the month it begins in.
            when line_role not in ('purchase', 'trueup') and not is_by_term and starting_at is not null
                and ending_before is null
                then month_of(starting_at)
            else coalesce(booked_month, month_of(starting_at))
        end as point_month
    from placed
)

select * from final
