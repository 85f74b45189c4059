-- What is left of each commit and credit day by day, beside an even pace.
--
-- From the begin of its term to its end or to the newest data. The balance falls in steps, when invoices draw; what
-- drafts draw stands on the last day. The even pace uses up every segment in equal parts by day. An expiry is dated
-- the day after the term and so not in it: the last day shows what will lapse.
--
-- grain    commit_id, day
-- apart    drawn_amount, remaining_amount, expected_remaining_amount
-- columns
--   customer_id                text?                        the customer
--   customer_name              text?                        its name
--   contract_id                text?                        the contract it was made on; null where on the customer
--   commit_id                  text                         the commit or credit
--   balance_type               text?                        prepaid, postpaid or credit
--   day                        date                         the day, UTC
--   currency                   text?                        currency or custom unit of the amounts, or `units of …`
--   drawn_amount               decimal(38, 18) [currency]   drawn since the term's begin
--   remaining_amount           decimal(38, 18) [currency]   left at the end of the day
--   expected_remaining_amount  decimal(38, 18)? [currency]  left at an even pace; null where a segment never ends
--   run_out_date               date?                        when it is used up at the pace so far, or was; null where nothing is drawn or a century is not enough
--   days_left                  integer?                     days of the term behind this one; null where it never ends
-- checks
--   expected_remaining_amount >= 0
--   days_left >= 0
with
terms as (
    select * from int_commits_dated
),

segments as (
    select * from int_balance_segments_unified
),

entries as (
    select * from int_ledger_entries_classified where not is_reversed
),

customers as (
    select * from int_customers_unified
),

spans as (
    select
        *,
        cast(starting_at as date) as first_day,
        cast(as_of - interval '1 microsecond' as date) as as_of_day,
        cast(ending_before - interval '1 microsecond' as date) as last_day
    from terms
),

days as (
    select
        balance_id,
        unnest(days_through(first_day, least(as_of_day, last_day))) as day
    from spans
    where first_day <= as_of_day
),

moved as (
    select
        entries.balance_id,
        greatest(
            spans.first_day,
            case
                when entries.movement_class in ('drawdown', 'void_drawdown')
                    then cast(entries.occurred_at - interval '1 microsecond' as date)
                when entries.movement_class = 'draft_drawdown'
                    then least(cast(entries.occurred_at - interval '1 microsecond' as date), spans.as_of_day)
                else cast(entries.occurred_at as date)
            end
        ) as day,
        entries.amount,
        case
            when entries.movement_class in ('drawdown', 'draft_drawdown', 'void_drawdown', 'credit_back')
                then entries.amount
        end as drawn_amount
    from entries
    inner join spans on entries.balance_id = spans.balance_id
),

lengths as (
    select
        balance_id,
        granted_amount,
        cast(starting_at as date) as first_day,
        cast(ending_before - interval '1 microsecond' as date) - cast(starting_at as date) + 1 as day_count
    from segments
),

-- Every day, what moved on it and what each segment leaves at an even pace: one list, as days are many and a join of days with
-- days would have to hold one side of them in memory.
told as (
    select
        balance_id,
        day,
        true as is_day,
        false as is_segment,
        cast(null as decimal(38, 18)) as amount,
        cast(null as decimal(38, 18)) as drawn_amount,
        cast(null as decimal(38, 18)) as expected_amount
    from days
    union all
    select
        balance_id,
        day,
        false as is_day,
        false as is_segment,
        amount,
        drawn_amount,
        cast(null as decimal(38, 18)) as expected_amount
    from moved
    union all
    select
        days.balance_id,
        days.day,
        false as is_day,
        true as is_segment,
        cast(null as decimal(38, 18)) as amount,
        cast(null as decimal(38, 18)) as drawn_amount,
        money_share(
            lengths.granted_amount,
            greatest(lengths.day_count - (days.day - lengths.first_day + 1), 0),
            nullif(lengths.day_count, 0)
        ) as expected_amount
    from lengths
    inner join days on lengths.balance_id = days.balance_id
    where lengths.first_day <= days.day
),

dated as (
    select
        balance_id,
        day,
        money_sum(amount) as amount,
        money_sum(drawn_amount) as drawn_amount,
        case when count(*) filter (where is_segment) = count(expected_amount) then money_sum(expected_amount) end
            as expected_amount
    from told
    group by balance_id, day
    having bool_or(is_day)
),

cumulated as (
    select
        balance_id,
        day,
        expected_amount,
        -- The first of the balance's days. Over rows in an order, as the sums below, it takes no more memory than a row.
        day - min(day) over (
            partition by balance_id order by day rows between unbounded preceding and current row
        ) + 1 as elapsed_days,
        coalesce(
            -money_sum(drawn_amount) over (
                partition by balance_id order by day rows between unbounded preceding and current row
            ),
            0
        ) as drawn_amount,
        coalesce(
            money_sum(amount) over (
                partition by balance_id order by day rows between unbounded preceding and current row
            ),
            0
        ) as remaining_amount
    from dated
),

paced as (
    select
        *,
        -- Null, and so no date, where a century is not enough.
        case
            when drawn_amount > 0 and money_mul(remaining_amount, elapsed_days) <= money_mul(drawn_amount, 36525)
                then drawn_amount
        end as divisor_amount,
        min(case when remaining_amount <= 0 and drawn_amount > 0 then day end) over (
            partition by balance_id order by day rows between unbounded preceding and current row
        ) as used_up_day
    from cumulated
),

final as (
    select
        spans.customer_id,
        customers.customer_name,
        spans.contract_id,
        paced.balance_id as commit_id,
        spans.balance_type,
        paced.day,
        spans.currency,
        paced.drawn_amount,
        paced.remaining_amount,
        paced.expected_amount as expected_remaining_amount,
        case
            when paced.remaining_amount <= 0 then paced.used_up_day
            else paced.day + cast(
                ceil(money_share(paced.remaining_amount, paced.elapsed_days, paced.divisor_amount)) as bigint
            )
        end as run_out_date,
        spans.last_day - paced.day as days_left
    -- The few before the many: what stands first is held in memory.
    from spans
    inner join paced on spans.balance_id = paced.balance_id
    left join customers on spans.customer_id = customers.customer_id
)

select * from final order by commit_id, day
