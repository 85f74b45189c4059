-- What is contracted and not recognized yet, and when that is expected to be: the disclosure of remaining performance obligations
-- (ASC 606-10-50-13).
--
-- As of the day that the data stands for; of a close pack, of the end of its month. In quarters of the fiscal year, parted where 12 and 24
-- months are over; what comes later is one row. By term what remains of a commit is earned in equal parts by day until its end; by pace as
-- fast as it was used so far, and what is left at its end lapses, or is trued up, there. Both add up to what remains. Fees are earned by
-- their terms under both. A commit of which it is not known what was paid for it has one row, without amounts.
--
-- grain    obligation_type, customer_id, contract_id, commit_id, product_id, currency, from_date
-- apart    contracted_amount, recognized_amount, accrued_amount, rolled_over_amount, adjusted_amount, remaining_amount
-- params   $fiscal_year_start 01|02|03|04|05|06|07|08|09|10|11|12 = 01
-- columns
--   as_of_date          date                         the day that it stands for, that day included
--   customer_id         text?                        the customer
--   customer_name       text?                        its name
--   contract_id         text?                        the contract; null for commits of the customer, and on plans
--   obligation_type     text                         prepaid commit, postpaid commit, scheduled charge or subscription
--   commit_id           text?                        the commit; null of fees
--   product_id          text?                        the product of fees, and that a commit is invoiced under
--   product_name        text?                        its name
--   currency            text                         currency of the amounts
--   from_date           date?                        first day of the time to come; null where the amounts are not known
--   through_date        date?                        last day of it; null of what comes after 24 months
--   fiscal_quarter      text?                        fiscal year and quarter of it, such as FY2024-Q3
--   horizon             text?                        within 12 months, 12 to 24 months or later
--   contracted_amount   decimal(38, 18)? [currency]  promised in all, the same on each row of the obligation, as the next five
--   recognized_amount   decimal(38, 18)? [currency]  of it: revenue of final invoices by now, or lapsed
--   accrued_amount      decimal(38, 18)? [currency]  of it: revenue by drafts
--   rolled_over_amount  decimal(38, 18)? [currency]  of it: moved to another commit, which has it as contracted
--   adjusted_amount     decimal(38, 18)? [currency]  of it: taken by hand, or given up
--   remaining_amount    decimal(38, 18)? [currency]  of it: not recognized yet
--   by_term_amount      decimal(38, 18)? [currency]  of what remains, expected in this time by the days of the term
--   by_pace_amount      decimal(38, 18)? [currency]  the same by the pace of use so far
-- checks
--   remaining_amount = contracted_amount - recognized_amount - accrued_amount - rolled_over_amount - adjusted_amount
with
obligations as (
    select *
    from int_obligations_valued
    where (remaining_amount is distinct from 0)
),

parts as (
    select * from int_obligations_dated
),

burndown as (
    select
        commit_id,
        max(day) - min(day) + 1 as pace_days,
        greatest(last_value(drawn_amount order by day), 0) as drawn_amount
    from commit_burndown
    group by commit_id
),

-- What is used in so many days, as money.
paces as (
    select
        obligations.obligation_id,
        burndown.pace_days,
        money_share(burndown.drawn_amount, obligations.usable_amount, nullif(obligations.usable, 0)) as pace_amount
    from obligations
    inner join burndown on obligations.commit_id = burndown.commit_id
),

data as (
    select cast(newest_at - interval '1 microsecond' as date) as as_of_date from int_data_dated
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

horizons as (
    select
        as_of_date,
        as_of_date + 1 as first_day,
        add_months(as_of_date + 1, 12) as year_day,
        add_months(as_of_date + 1, 24) as last_day
    from data
),

months as (
    select *, unnest(months_through(month_of(first_day), last_day)) as month from horizons
),

begins as (
    select first_day, last_day, year_day, month as day
    from months
    where first_day < month
        and month < last_day
        and (cast(to_char(month, '%m') as bigint) + 12 - cast($fiscal_year_start as bigint)) % 3 = 0
    union
    select first_day, last_day, year_day, unnest(make_array(first_day, year_day, last_day)) as day from horizons
),

bands as (
    select
        day as from_day,
        lead(day) over (order by day) as end_day,
        case when day < year_day then 'within 12 months' when day < last_day then '12 to 24 months' else 'later' end as horizon,
        add_months(month_of(day), (13 - cast($fiscal_year_start as bigint)) % 12) as fiscal_month
    from begins
),

-- What of each part is expected before the begin and before the end of each time to come.
crossed as (
    select
        parts.obligation_id,
        parts.part_amount,
        paces.pace_amount,
        paces.pace_days,
        bands.from_day,
        parts.end_day - parts.from_day as days,
        parts.end_day <= bands.from_day as is_over_before,
        bands.end_day is null or coalesce(parts.end_day <= bands.end_day, false) as is_over_through,
        greatest(bands.from_day - parts.from_day, 0) as days_before,
        greatest(bands.end_day - parts.from_day, 0) as days_through
    from parts
    cross join bands
    left join paces on parts.obligation_id = paces.obligation_id
),

reached as (
    select
        obligation_id,
        from_day,
        case
            when is_over_before then part_amount
            when days is null then 0.00
            else money_share(part_amount, days_before, days)
        end as term_before,
        case
            when is_over_through then part_amount
            when days is null then 0.00
            else money_share(part_amount, days_through, days)
        end as term_through,
        case
            when is_over_before then part_amount
            when days_before = 0 then 0.00
            when pace_days is null and days is null then 0.00
            when pace_days is null then money_share(part_amount, days_before, days)
            else least(part_amount, money_share(pace_amount, days_before, pace_days))
        end as pace_before,
        case
            when is_over_through then part_amount
            when days_through = 0 then 0.00
            when pace_days is null and days is null then 0.00
            when pace_days is null then money_share(part_amount, days_through, days)
            else least(part_amount, money_share(pace_amount, days_through, pace_days))
        end as pace_through
    from crossed
),

expected as (
    select
        obligation_id,
        from_day,
        money_sum(term_through - term_before) as by_term_amount,
        money_sum(pace_through - pace_before) as by_pace_amount
    from reached
    where term_through <> term_before or pace_through <> pace_before
    group by obligation_id, from_day
),

final as (
    select
        data.as_of_date,
        obligations.customer_id,
        customers.customer_name,
        obligations.contract_id,
        obligations.obligation_type,
        obligations.commit_id,
        obligations.product_id,
        products.product_name,
        obligations.currency,
        expected.from_day as from_date,
        bands.end_day - 1 as through_date,
        case
            when bands.end_day is not null
                then 'FY' || to_char(bands.fiscal_month, '%Y-Q')
                || case
                    when to_char(bands.fiscal_month, '%m') <= '03' then '1'
                    when to_char(bands.fiscal_month, '%m') <= '06' then '2'
                    when to_char(bands.fiscal_month, '%m') <= '09' then '3'
                    else '4'
                end
        end as fiscal_quarter,
        bands.horizon,
        obligations.contracted_amount,
        obligations.recognized_amount,
        obligations.accrued_amount,
        obligations.rolled_over_amount,
        obligations.adjusted_amount,
        obligations.remaining_amount,
        expected.by_term_amount,
        expected.by_pace_amount
    from obligations
    cross join data
    left join expected on obligations.obligation_id = expected.obligation_id
    left join bands on expected.from_day = bands.from_day
    left join customers on obligations.customer_id = customers.customer_id
    left join products on obligations.product_id = products.product_id
)

select * from final
order by customer_id, contract_id, obligation_type, commit_id, product_id, currency, from_date
