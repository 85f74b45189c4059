-- What was billed in advance, by the month it was billed in and the months that earned it, commit by commit.
--
-- Purchases of prepaid commits, subscriptions and scheduled fees of final invoices, first billed, first recognized. Every month
-- in which something of a booking is deferred has a row, earned or not, up to the month of the newest data: what remains in the
-- rows of one recognition month adds up to what is deferred at its end, and what is unbilled to what was earned by then and not
-- billed. Months to come have what is known to be earned in them. A row without a recognition month is what no month has
-- earned yet; one without a booking month what was earned and not billed. A row belongs to the recognition month: closing it
-- fixes what was earned in it of every booking, and what was left then.
--
-- grain    customer_id, contract_id, commit_id, booking_month, recognition_month, currency
-- period   recognition_month
-- apart    booked_amount
-- columns
--   customer_id                text?                       the customer
--   customer_name              text?                       its name
--   contract_id                text?                       the contract; null for commits of the customer
--   commit_id                  text?                       the commit first paid for, through rollovers; null of fees
--   booking_month              date?                       first day of the month of billing, UTC; null where not billed
--   recognition_month          date?                       first day of the month that earned it; null where none has
--   currency                   text?                       currency of the amounts
--   booked_amount              decimal(38, 18) [currency]  billed in the booking month, the same on each of its rows
--   recognized_amount          decimal(38, 18) [currency]  of it, earned in the recognition month
--   recognized_to_date_amount  decimal(38, 18) [currency]  of it, earned in that month and before
--   remaining_amount           decimal(38, 18) [currency]  of it, billed and not earned by the end of that month
--   unbilled_amount            decimal(38, 18) [currency]  of it, earned and not billed by the end of that month
-- checks
--   booked_amount + unbilled_amount = recognized_to_date_amount + remaining_amount or booking_month > recognition_month
with
deferrals as (
    select * from int_deferrals_allocated
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

customers as (
    select * from int_customers_unified
),

booked as (
    select
        customer_id,
        contract_id,
        commit_id,
        booking_month,
        currency,
        coalesce(money_sum(case when booking_id is not null then allocated_amount end), 0) as booked_amount,
        min(recognition_month) as first_month,
        max(recognition_month) as last_month,
        bool_or(booking_id is null or recognition_id is null) as is_open
    from deferrals
    group by customer_id, contract_id, commit_id, booking_month, currency
),

running as (
    select
        booked.*,
        unnest(
            months_through(
                least(booked.booking_month, booked.first_month),
                greatest(
                    booked.booking_month, booked.last_month, case when booked.is_open then data.newest_month end
                )
            )
        ) as recognition_month
    from booked
    cross join data
),

counted as (
    select
        customer_id, contract_id, commit_id, booking_month, recognition_month, currency, booked_amount,
        cast(0 as decimal(38, 18)) as recognized_amount
    from running
    union all
    select
        customer_id, contract_id, commit_id, booking_month, cast(null as date) as recognition_month, currency,
        booked_amount, cast(0 as decimal(38, 18)) as recognized_amount
    from booked
    where is_open and booking_month is not null
    union all
    select
        customer_id, contract_id, commit_id, booking_month, recognition_month, currency,
        cast(null as decimal(38, 18)) as booked_amount, allocated_amount as recognized_amount
    from deferrals
    where recognition_id is not null
),

earned as (
    select
        customer_id,
        contract_id,
        commit_id,
        booking_month,
        recognition_month,
        currency,
        max(booked_amount) as booked_amount,
        money_sum(recognized_amount) as recognized_amount
    from counted
    group by customer_id, contract_id, commit_id, booking_month, recognition_month, currency
),

summed as (
    select
        *,
        money_sum(recognized_amount) over (
            partition by customer_id, contract_id, commit_id, booking_month, currency
            order by recognition_month nulls last
            rows between unbounded preceding and current row
        ) as recognized_to_date_amount,
        coalesce(booking_month > recognition_month, booking_month is null) as is_unbilled
    from earned
),

final as (
    select
        summed.customer_id,
        customers.customer_name,
        summed.contract_id,
        summed.commit_id,
        summed.booking_month,
        summed.recognition_month,
        summed.currency,
        coalesce(summed.booked_amount, 0) as booked_amount,
        coalesce(summed.recognized_amount, 0) as recognized_amount,
        coalesce(summed.recognized_to_date_amount, 0) as recognized_to_date_amount,
        case
            when summed.is_unbilled then cast(0 as decimal(38, 18))
            else coalesce(summed.booked_amount - summed.recognized_to_date_amount, 0)
        end as remaining_amount,
        case
            when summed.is_unbilled then coalesce(summed.recognized_to_date_amount, 0)
            else cast(0 as decimal(38, 18))
        end as unbilled_amount
    from summed
    left join customers on summed.customer_id = customers.customer_id
)

select * from final order by customer_id, contract_id, commit_id, booking_month, recognition_month, currency
