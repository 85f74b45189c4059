-- Differences by customer, report, figure, month and currency, with their causes: figures added up, and one by one where nobody may
-- add them; words that changed alike, and rows that came or went, counted.
with named as (
    select
        moved.kind, coalesce(moved.customer_id, owners.customer_id) as customer_id, moved.is_of_all, moved.report, moved.figure,
        case when moved.kind <> 'text' then moved.period end as period, moved.currency, moved.row_key, moved.is_paired,
        moved.old_amount, moved.new_amount, moved.old_text, moved.new_text,
        case when moved.kind not in ('figure', 'text') then moved.row_key end as own_key,
        -- A row that is not there adds nothing to a sum; an amount that is not known leaves it unknown where it is alone.
        case when moved.kind = 'figure' and not moved.is_paired then 0 end as absent_amount
    from moved left join owners on moved.owned_id = owners.owned_id
),

gathered as (
    select
        kind, customer_id, is_of_all, report, figure, period, currency, old_text, new_text, min(row_key) as row_key,
        money_sum(coalesce(old_amount, absent_amount)) as old_amount,
        money_sum(coalesce(new_amount, absent_amount)) as new_amount,
        count(*) as row_count
    from named
    group by kind, customer_id, is_of_all, report, figure, period, currency, old_text, new_text, own_key
),

placed as (
    select
        *,
        row_number() over (
            partition by kind, customer_id, is_of_all, report, figure, period, currency order by row_key, old_text, new_text
        ) as place,
        count(*) over (partition by kind, customer_id, is_of_all, report, figure, period, currency) as places
    from gathered
    where kind <> 'figure_by_row' or (old_amount is distinct from new_amount)
),

-- Of many the first are told, and how many more there are; of many that came or went, how many.
seated as (
    select *, case when kind in ('rows_new', 'rows_gone') and places > 3 then 4 else least(place, 4) end as seat from placed
),

shown as (
    select
        kind, customer_id, is_of_all, report, figure, period, currency, seat,
        case when count(*) = 1 then min(old_text) end as old_text,
        case when count(*) = 1 then min(new_text) end as new_text,
        case when count(*) = 1 then min(old_amount) end as old_amount,
        case when count(*) = 1 then min(new_amount) end as new_amount,
        case when kind <> 'figure' and sum(row_count) = 1 then min(row_key) end as row_key,
        cast(sum(row_count) as bigint) as row_count
    from seated
    group by kind, customer_id, is_of_all, report, figure, period, currency, seat
),

wanted as (
    select distinct customer_id, is_of_all, period from shown
),

linked as (
    select
        wanted.customer_id, wanted.is_of_all, wanted.period, causes.month,
        causes.cause || coalesce(' (' || substr(cast(causes.month as varchar), 1, 7) || ')', '') as cause,
        wanted.period is null or causes.month <= wanted.period as is_until
    from wanted inner join causes on (wanted.customer_id is not distinct from causes.customer_id)
        and wanted.is_of_all = causes.is_of_all
),

told as (
    select
        customer_id, is_of_all, period,
        coalesce(
            string_agg(cause, '; ' order by month, cause) filter (where is_until),
            string_agg(cause, '; ' order by month, cause) filter (where month > period)
        ) as cause
    from linked
    group by customer_id, is_of_all, period
)

select
    shown.customer_id, customers.customer_name, shown.report, shown.kind, shown.figure, shown.period, shown.currency, shown.row_key,
    shown.old_amount, shown.new_amount, coalesce(shown.new_amount - shown.old_amount, shown.new_amount, -shown.old_amount)
        as difference_amount,
    shown.old_text, shown.new_text, shown.row_count, told.cause
from shown
left join told on (shown.customer_id is not distinct from told.customer_id) and shown.is_of_all = told.is_of_all
    and (shown.period is not distinct from told.period)
left join after_int_customers_unified as customers on shown.customer_id = customers.customer_id
order by
    customers.customer_name, shown.customer_id, told.cause, shown.report, shown.period, shown.kind, shown.currency, shown.figure,
    shown.seat
