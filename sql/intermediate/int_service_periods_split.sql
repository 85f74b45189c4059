-- Service periods of lines by month, one row each, for amounts that are split by days, UTC.
--
-- A month's part of an amount is amount × days_through ÷ days less amount × days_before ÷ days: the parts of all months add up
-- to the amount to the last digit, whatever is rounded on the way.
--
-- grain    starting_at, ending_before, month
-- columns
--   starting_at    timestamp  begin of the period, UTC
--   ending_before  timestamp  end of it, exclusive, UTC
--   month          date       first day of a month that it touches
--   days_before    integer    days of it before the month
--   days_through   integer    days of it up to the month's end
--   days           integer    days of it; the day of the last instant counts, be it a part of a day
with
named as (
    select starting_at, ending_before from int_invoices_unified
    union
    select starting_at, ending_before from int_line_items_unified
    union
    -- Of drafts and of fees these are others than invoices and lines tell.
    select starting_at, ending_before from int_lines_classified
    union
    select starting_at, ending_before from stg_egress__draft_line_item_snapshots
),

periods as (
    select
        starting_at,
        ending_before,
        cast(starting_at as date) as first_day,
        cast(ending_before - interval '1 microsecond' as date) as last_day
    from named
    where starting_at < ending_before
),

months as (
    select *, unnest(months_through(first_day, last_day)) as month from periods
),

final as (
    select
        starting_at,
        ending_before,
        month,
        greatest(month - first_day, 0) as days_before,
        least(last_day + 1, add_months(month, 1)) - first_day as days_through,
        last_day - first_day + 1 as days
    from months
)

select * from final
