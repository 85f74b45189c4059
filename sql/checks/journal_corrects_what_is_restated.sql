-- Months whose revenue in the journal, with what corrects it in later months, is not that of the schedule; closed months whose
-- revenue is corrected by another amount than the schedule is restated by; and lines of closed months that are not those of the
-- close.
--
-- As of an instant nothing is closed. Where a close stands that was made by a version without postings, corrections are not held
-- against restatements: what moved before the first close with postings is corrected at once.
--
-- params   $as_of instant
-- severity block
with
lines as (
    select *, coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as amount from journal_entries
),

revenue as (
    select *
    from lines
    where account_type in ('revenue', 'contra_revenue') and event not in ('accrual', 'accrual reversed')
),

schedule as (
    select * from revenue_schedule
),

moved as (
    select * from restatements
),

-- Below zero as of an instant.
unposted as (
    select count(*) - case when $as_of is null then 0 else count(*) + 1 end as close_count
    from stg_etl__closes
    where reopened_at is null and posted_lines is null
),

amounts as (
    select
        'revenue of ' || cast(month as varchar) as figure, currency, recognized_amount as expected,
        cast(null as decimal(38, 18)) as found
    from schedule
    union all
    select
        'revenue of ' || cast(coalesce(corrects_month, month) as varchar) as figure, currency,
        cast(null as decimal(38, 18)) as expected, amount as found
    from revenue
    union all
    select
        'revenue of ' || cast(month as varchar) || ' corrected in ' || cast(booked_month as varchar) as figure, currency,
        difference_amount as expected, cast(null as decimal(38, 18)) as found
    from moved
    cross join unposted
    where close_count = 0 and report = 'revenue_schedule' and figure = 'recognized_amount'
    union all
    select
        'revenue of ' || cast(corrects_month as varchar) || ' corrected in ' || cast(month as varchar) as figure, currency,
        cast(null as decimal(38, 18)) as expected, amount as found
    from revenue
    cross join unposted
    where close_count = 0 and corrects_month is not null
    union all
    select
        'closed line ' || row_key as figure, currency, coalesce(old_amount, 0) as expected,
        coalesce(new_amount, 0) as found
    from moved
    cross join unposted
    where close_count >= 0 and report = 'journal_entries'
),

final as (
    select
        figure,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by figure, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by figure, currency
