-- What remains of obligations by the time in which it is expected to be earned, one row a segment of a commit, a month of billed fees, or
-- a date of a scheduled charge: the parts of an obligation add up to what remains of it.
--
-- Of a commit with several segments later ones are whole as long as what remains is enough for them: what was used is of the earlier. What
-- remains of a time that is over is expected at once. Fees are earned by the days.
--
-- grain    obligation_id, part_id
-- columns
--   obligation_id  text                        the obligation
--   part_id        text                        the segment, month or charge and date
--   from_day       date                        first day in which it can be earned
--   end_day        date?                       the day after the last; null where it never ends
--   currency       text?                        currency of the amount
--   part_amount    decimal(38, 18) [currency]  what of the remaining amount is for this time
with
obligations as (
    select * from int_obligations_valued
),

data as (
    select
        cast(newest_at - interval '1 microsecond' as date) + 1 as next_day,
        month_of(newest_at - interval '1 microsecond') as as_of_month
    from int_data_dated
),

segments as (
    select * from int_balance_segments_unified
),

contracts as (
    select * from int_contracts_unified
),

unbilled as (
    select * from int_fees_unbilled where unbilled_amount <> 0
),

revenue as (
    select * from int_revenue_recognized where component = 'fee' and not is_draft and recognized_amount <> 0
),

commits as (
    select * from obligations where commit_id is not null and remaining_amount <> 0
),

granted as (
    select
        commits.obligation_id,
        commits.remaining_amount,
        coalesce(cast(segments.item_number as varchar), '') as part_id,
        cast(segments.starting_at as date) as first_day,
        cast(segments.ending_before - interval '1 microsecond' as date) + 1 as end_day,
        commits.currency,
        coalesce(money_share(segments.granted_amount, commits.usable_amount, nullif(commits.usable, 0)), 0) as granted_amount
    from commits
    left join segments on commits.commit_id = segments.balance_id
),

ordered as (
    select
        *,
        row_number() over (partition by obligation_id order by end_day nulls last, first_day, part_id) as place,
        money_sum(granted_amount) over (
            partition by obligation_id
            order by end_day desc nulls first, first_day desc, part_id desc
            rows between unbounded preceding and current row
        ) - granted_amount as later_amount
    from granted
),

parted as (
    select
        *,
        case
            when place = 1 then remaining_amount - least(later_amount, greatest(remaining_amount, 0))
            else least(granted_amount, greatest(remaining_amount - later_amount, 0))
        end as part_amount
    from ordered
),

-- The months of what is billed are those of the revenue schedule.
billed as (
    select
        concat_ws(
            '/',
            case revenue.category when 'scheduled' then 'scheduled charge' else revenue.category end,
            coalesce(contracts.customer_id, revenue.customer_id, ''),
            coalesce(revenue.contract_id, ''),
            coalesce(revenue.product_id, ''),
            revenue.currency
        ) as obligation_id,
        revenue.month,
        revenue.booked_month,
        data.as_of_month,
        revenue.currency,
        revenue.recognized_amount,
        revenue.category = 'scheduled' and scheduled.contract_id is not null as is_scheduled
    from revenue
    cross join data
    left join contracts on revenue.contract_id = contracts.contract_id
    left join (select distinct contract_id, product_id, currency from int_fees_unbilled) as scheduled
        on revenue.contract_id = scheduled.contract_id
        and revenue.product_id = scheduled.product_id
        and revenue.currency = scheduled.currency
    where revenue.month > data.as_of_month and currency_digits(revenue.currency) is not null
),

parts as (
    select obligation_id, 'segment/' || part_id as part_id, first_day, end_day, currency, part_amount
    from parted
    where part_amount <> 0
    union all
    select
        obligation_id,
        'month/' || cast(month as varchar) as part_id,
        month as first_day,
        add_months(month, 1) as end_day,
        currency,
        money_sum(recognized_amount) as part_amount
    from billed
    where is_scheduled or booked_month <= as_of_month
    group by obligation_id, month, currency
    union all
    select
        concat_ws(
            '/', 'scheduled charge', coalesce(contracts.customer_id, ''), unbilled.contract_id,
            coalesce(unbilled.product_id, ''), unbilled.currency
        ) as obligation_id,
        'charge/' || coalesce(unbilled.charge_id, '') || '/' || cast(unbilled.day as varchar) as part_id,
        unbilled.from_day as first_day,
        unbilled.end_day,
        unbilled.currency,
        unbilled.unbilled_amount as part_amount
    from unbilled
    left join contracts on unbilled.contract_id = contracts.contract_id
),

final as (
    select
        parts.obligation_id,
        parts.part_id,
        greatest(coalesce(parts.first_day, data.next_day), data.next_day) as from_day,
        greatest(parts.end_day, data.next_day + 1) as end_day,
        parts.currency,
        parts.part_amount
    from parts
    cross join data
)

select * from final
