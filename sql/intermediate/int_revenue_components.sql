-- What recognized revenue is made of before it is put into months: one row each.
--
-- Usage and fees count as far as no prepaid commit and no credit paid for them; what those paid counts as drawn, and is worth
-- its cost basis. Usage in a custom unit is no money: the line that converts it is. What a credit grant of a plan pays lowers
-- usage of no product. What drafts bill is accrued: usage to date, fees by the days that have passed, true-ups of terms that are
-- over; and what a postpaid commit whose term is over was not used for, where no true-up bills it yet.
--
-- grain    component_id
-- params   $uncovered_usage overage|on_demand = overage, $expiry_month term_end|next_month = term_end
-- columns
--   component_id   text                         a line, usage of one product and period, a ledger entry, or what lapsed in a month
--   component      text                         usage, drawdown, credit, fee, trueup, expiration, rollover or adjustment
--   category       text                         on_demand, overage, …; rolled and adjusted move no revenue
--   is_draft       boolean                      whether it is of a draft
--   customer_id    text?                        the customer
--   contract_id    text?                        the contract
--   product_id     text?                        the product; of expirations the commit's
--   balance_id     text?                        the commit or credit concerned
--   invoice_id     text?                        the invoice; null for what only the ledger has
--   starting_at    timestamp?                   begin of its service period, UTC; null where it counts at once
--   ending_before  timestamp?                   end of it, exclusive, UTC
--   earned_before  timestamp?                   of fees on drafts, end of the days of it that have passed, exclusive, UTC
--   booked_month   date?                        first day of the month it was billed in
--   point_month    date?                        first day of the month it counts for, where at once
--   currency       text?                        currency of the revenue
--   billed_amount  decimal(38, 18)? [currency]  revenue as billed; null where a commit or credit paid
--   drawn          decimal(38, 18)? [quantity]  drawn from the commit or credit, in what it counts
with
lines as (
    select * from int_lines_classified where is_counted
),

netted as (
    select * from int_usage_netted where is_counted and is_money
),

balances as (
    select * from int_balances_valued
),

entries as (
    select * from int_ledger_entries_classified where balance_type = 'prepaid' and not is_void
),

segments as (
    select * from int_balance_segments_unified
),

terms as (
    select * from int_commits_dated
),

shared as (
    select * from int_balances_shared
),

lapses as (
    select * from int_lapses_spread
),

open_usage as (
    select
        netted_id as component_id, is_draft, customer_id, contract_id, product_id, invoice_id, starting_at, ending_before,
        booked_at, booked_month, point_month, currency, open_amount as billed_amount
    from netted
    where billed_role = 'usage' and (open_amount is distinct from 0)
    union all
    select
        'line/' || line_item_key as component_id, is_draft, customer_id, contract_id, product_id, invoice_id, starting_at,
        ending_before, booked_at, booked_month, point_month, currency, total_amount as billed_amount
    from lines
    where line_role = 'application' and balance_type = 'grant' and is_money
),

commits as (
    select * from balances where balance_type in ('prepaid', 'postpaid')
),

usable as (
    select open_usage.*, commits.balance_id
    from open_usage
    inner join commits
        on open_usage.customer_id = commits.customer_id
        and (commits.contract_id is null or commits.contract_id = open_usage.contract_id)
    union all
    select open_usage.*, commits.balance_id
    from open_usage
    inner join shared on open_usage.contract_id = shared.contract_id
    inner join commits on shared.balance_id = commits.balance_id
),

-- It is overage where a commit that the contract may use could be used at that time: one that has not begun, or that has ended,
-- is none that it runs over.
committed as (
    select distinct usable.component_id
    from usable
    inner join segments on usable.balance_id = segments.balance_id
    where segments.starting_at < coalesce(usable.ending_before, usable.booked_at)
        and (
            segments.ending_before is null
            or coalesce(usable.starting_at, usable.booked_at) < segments.ending_before
        )
),

left_over as (
    select
        balance_id,
        money_sum(amount) as amount,
        bool_or(movement_class = 'draft_drawdown') as has_draft
    from int_ledger_entries_classified
    where balance_type = 'postpaid'
    group by balance_id
),

-- Terms that are over while drafts still draw on them. Where none does, a missing true-up is an exception.
shortfalls as (
    select balances.*, terms.ending_before, left_over.amount
    from balances
    inner join terms on balances.balance_id = terms.balance_id
    inner join left_over on balances.balance_id = left_over.balance_id
    left anti join lines on balances.balance_id = lines.balance_id and lines.line_role = 'trueup'
    where balances.balance_type = 'postpaid'
        and balances.balance_currency = balances.currency
        and terms.is_ended
        and left_over.has_draft
        and left_over.amount > 0
),

final as (
    select
        open_usage.component_id, 'usage' as component,
        case when $uncovered_usage = 'overage' and committed.component_id is not null then 'overage' else 'on_demand' end
            as category,
        is_draft, customer_id, contract_id, product_id, cast(null as varchar) as balance_id, invoice_id, starting_at,
        ending_before, cast(null as timestamp(6) with time zone) as earned_before, booked_month, point_month, currency, billed_amount, cast(null as decimal(38, 18)) as drawn
    from open_usage
    left join committed on open_usage.component_id = committed.component_id
    union all
    select
        'postpaid/' || netted_id as component_id, 'usage' as component, 'postpaid_drawdown' as category, is_draft,
        customer_id, contract_id, product_id, postpaid_balance_id as balance_id, invoice_id, starting_at, ending_before,
        earned_before, booked_month, point_month, currency, postpaid_amount as billed_amount, cast(null as decimal(38, 18)) as drawn
    from netted
    where billed_role = 'usage' and (postpaid_amount is distinct from 0)
    union all
    select
        'fee/' || netted_id as component_id, 'fee' as component, billed_role as category, is_draft, customer_id,
        contract_id, product_id, postpaid_balance_id as balance_id, invoice_id, starting_at, ending_before, earned_before,
        booked_month, point_month, currency, open_amount + postpaid_amount as billed_amount, cast(null as decimal(38, 18)) as drawn
    from netted
    -- What a draft plans for a time to come is not earned before it.
    where billed_role <> 'usage'
        and (open_amount + postpaid_amount is distinct from 0)
        and (not is_draft or starting_at < earned_before)
    union all
    select
        'line/' || line_item_key as component_id, 'trueup' as component, 'true_up' as category, is_draft, customer_id,
        contract_id, product_id, balance_id, invoice_id, starting_at, ending_before, earned_before, booked_month,
        point_month, currency, total_amount as billed_amount, cast(null as decimal(38, 18)) as drawn
    from lines
    where line_role = 'trueup' and is_money and (not is_draft or point_month is not null)
    union all
    select
        'shortfall/' || balance_id as component_id, 'trueup' as component, 'true_up' as category, true as is_draft,
        customer_id, contract_id, product_id, balance_id, cast(null as varchar) as invoice_id,
        cast(null as timestamp(6) with time zone) as starting_at,
        cast(null as timestamp(6) with time zone) as ending_before,
        cast(null as timestamp(6) with time zone) as earned_before, cast(null as date) as booked_month,
        month_of(
            case when $expiry_month = 'term_end' then ending_before - interval '1 microsecond' else ending_before end
        ) as point_month,
        currency, amount as billed_amount, cast(null as decimal(38, 18)) as drawn
    from shortfalls
    union all
    select
        'drawn/' || line_item_key as component_id,
        case balance_type when 'prepaid' then 'drawdown' else 'credit' end as component,
        case balance_type when 'prepaid' then 'prepaid_drawdown' else 'credit_drawdown' end as category, is_draft,
        customer_id, contract_id, product_id, balance_id, invoice_id, starting_at, ending_before, earned_before,
        booked_month, point_month,
        -- What is drawn in a custom unit and was not paid for has no place among amounts of money.
        invoice_currency as currency, cast(null as decimal(38, 18)) as billed_amount, -total_amount as drawn
    from lines
    where line_role = 'application'
        and balance_type in ('prepaid', 'credit', 'unknown', 'grant')
        and (is_money or balance_type = 'prepaid')
        and (not is_draft or billed_role = 'usage' or starting_at < earned_before)
    union all
    select
        'lapse/' || balances.balance_id || '/' || cast(lapses.month as varchar) as component_id,
        'expiration' as component, 'expiration' as category, false as is_draft, balances.customer_id, balances.contract_id,
        balances.product_id, balances.balance_id, cast(null as varchar) as invoice_id,
        cast(null as timestamp(6) with time zone) as starting_at,
        cast(null as timestamp(6) with time zone) as ending_before,
        cast(null as timestamp(6) with time zone) as earned_before, cast(null as date) as booked_month,
        lapses.month as point_month, balances.currency, cast(null as decimal(38, 18)) as billed_amount,
        lapses.counted as drawn
    from lapses
    inner join balances on lapses.balance_id = balances.balance_id
    where lapses.counted is distinct from 0
    union all
    select
        'entry/' || balances.balance_id || '/' || cast(entries.entry_number as varchar) as component_id,
        case entries.movement_class when 'rollover_out' then 'rollover' else 'adjustment' end as component,
        case entries.movement_class when 'rollover_out' then 'rolled' else 'adjusted' end as category, false as is_draft,
        balances.customer_id, balances.contract_id, balances.product_id, balances.balance_id, entries.invoice_id,
        cast(null as timestamp(6) with time zone) as starting_at,
        cast(null as timestamp(6) with time zone) as ending_before,
        cast(null as timestamp(6) with time zone) as earned_before, cast(null as date) as booked_month,
        entries.accounting_month as point_month, balances.currency, cast(null as decimal(38, 18)) as billed_amount,
        -entries.amount as drawn
    from entries
    inner join balances on entries.balance_id = balances.balance_id
    where entries.movement_class in ('rollover_out', 'manual', 'seat_adjustment', 'credit_back', 'other')
)

select * from final
