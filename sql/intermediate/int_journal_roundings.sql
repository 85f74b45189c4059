-- What entries lack to balance once their lines are in whole minor units, one row an entry and currency.
--
-- grain    month, entry_id, currency
-- columns
--   month          date                        first day of the month it is posted in, UTC
--   entry_id       text                        the entry
--   currency       text                        currency of the amount
--   first_number   integer                     the line that tells what happened, and whose
--   line_number    integer                     the number of the line that is lacking, behind those there are
--   posted_amount  decimal(38, 18) [currency]  to be debited, or less than 0 credited
with
lines as (
    select * from int_journal_rounded
),

uneven as (
    select
        month,
        entry_id,
        currency,
        min(line_number) as first_number,
        -money_sum(posted_amount) as posted_amount
    from lines
    group by month, entry_id, currency
    having money_sum(posted_amount) <> 0
),

-- Lines of an entry are numbered through its currencies.
ends as (
    select lines.month, lines.entry_id, max(lines.line_number) as last_number
    from uneven
    inner join lines on uneven.month = lines.month and uneven.entry_id = lines.entry_id
    group by lines.month, lines.entry_id
),

final as (
    select
        uneven.month,
        uneven.entry_id,
        uneven.currency,
        uneven.first_number,
        cast(
            ends.last_number
            + row_number() over (partition by uneven.month, uneven.entry_id order by uneven.currency) as bigint
        ) as line_number,
        uneven.posted_amount
    from uneven
    inner join ends on uneven.month = ends.month and uneven.entry_id = ends.entry_id
)

select * from final
