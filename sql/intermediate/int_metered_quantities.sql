-- Billed quantities beside what the raw events come to, one row each.
--
-- grain    billed_id
-- columns
--   billed_id           text                         the sub line, or invoice and product
--   billable_metric_id  text                         the metric
--   mapped_by           text?                        how it is known what the metric counts: settings or definition; null if it is not
--   billed_quantity     decimal(38, 18)? [quantity]  units billed
--   metered_quantity    decimal(38, 18)? [quantity]  what the events come to; null where it is not known what counts
--   event_count         integer                      events that count
--   unread_count        integer                      those of them without a number where the metric needs one
--   is_shared           boolean                      whether an event came under a name that several customers have
with
billed as (
    select * from int_billed_quantities
),

metrics as (
    select * from int_metrics_mapped
),

days as (
    select * from int_metered_days
),

rolled_up as (
    select
        billed_id,
        cast(money_round(money_sum(event_count), 0) as bigint) as event_count,
        cast(money_round(money_sum(unread_count), 0) as bigint) as unread_count,
        bool_or(is_shared) as is_shared,
        coalesce(money_sum(added), 0) as added,
        max(highest) as highest,
        count(distinct unique_value) as distinct_count,
        first_value(newest order by newest_at desc, newest_id desc) filter (where newest_at is not null) as newest
    from days
    group by billed_id
),

final as (
    select
        billed.billed_id,
        billed.billable_metric_id,
        metrics.mapped_by,
        billed.billed_quantity,
        case
            when metrics.mapped_by is null then cast(null as decimal(38, 18))
            when metrics.aggregate = 'sum' then coalesce(rolled_up.added, 0)
            when metrics.aggregate = 'max' then coalesce(rolled_up.highest, 0)
            when metrics.aggregate = 'latest' then coalesce(rolled_up.newest, 0)
            when metrics.aggregate = 'unique' then cast(coalesce(rolled_up.distinct_count, 0) as decimal(38, 18))
            when metrics.aggregate = 'count' then cast(coalesce(rolled_up.event_count, 0) as decimal(38, 18))
        end as metered_quantity,
        coalesce(rolled_up.event_count, 0) as event_count,
        coalesce(rolled_up.unread_count, 0) as unread_count,
        coalesce(rolled_up.is_shared, false) as is_shared
    from billed
    left join metrics on billed.billable_metric_id = metrics.billable_metric_id
    left join rolled_up on billed.billed_id = rolled_up.billed_id
)

select * from final
