-- What was invoiced month by month, what of it is settled by now and what is still owed; beside it what is earned and not invoiced.
--
-- The vendor's data tells whether an invoice is paid and not when, so nothing is placed in a month of payment. An invoice is of the month
-- in which it was issued, and so is what became of it by the day that the data stands for: paid, voided or dropped at the billing
-- provider. `closing_amount` is what is still owed now of all that was issued by the end of the month; it is not what was owed
-- then. What is paid in part is owed in full. The pack of a month has what was issued by its end, settled as known at the close.
-- An invoice without a day of issue stands in a row without a month, before all others.
--
-- By the customer that is billed, as in `invoice_status`; the journal's receivables are of the customer that pays.
--
-- grain    customer_id, month, currency
-- apart    opening_amount, closing_amount
-- params   $cutoff instant
-- columns
--   customer_id          text?                        the customer
--   customer_name        text?                        its name
--   month                date?                        first day of the month of issue, in the reporting time zone
--   currency             text?                        currency or custom unit of the amounts
--   opening_amount       decimal(38, 18)? [currency]  still owed of all that was issued before the month
--   invoiced_amount      decimal(38, 18)? [currency]  invoices issued in the month, void ones included, after credits
--   paid_amount          decimal(38, 18)? [currency]  of it, paid by now
--   voided_amount        decimal(38, 18)? [currency]  of it, void by now
--   dropped_amount       decimal(38, 18)? [currency]  of it, void, skipped or deleted at the billing provider by now: nobody will pay
--   closing_amount       decimal(38, 18)? [currency]  still owed of all that was issued by the end of the month
--   unbilled_amount      decimal(38, 18)? [currency]  earned in the month and on no final invoice by now: as `accrued_revenue`; null where a draft is not known
--   billed_later_amount  decimal(38, 18) [currency]   earned in the month and invoiced in a later one by now; unbilled at the month's end
-- checks
--   closing_amount = opening_amount + invoiced_amount - paid_amount - voided_amount - dropped_amount
with
statuses as (
    select * from invoice_status where ageing_bucket not in ('draft', 'elsewhere')
),

accrued as (
    select * from accrued_revenue
),

earned as (
    select * from int_revenue_keyed where is_billed and is_in_arrears and not is_draft
),

customers as (
    select * from int_customers_unified
),

data as (
    select month_of(newest_at - interval '1 microsecond') as newest_month from int_data_dated
),

amounts as (
    select
        customer_id,
        month_of(issued_date) as month,
        currency,
        total_amount as invoiced_amount,
        case when ageing_bucket = 'paid' then total_amount else 0 end as paid_amount,
        case when ageing_bucket = 'void' then total_amount else 0 end as voided_amount,
        case when ageing_bucket = 'dropped' then total_amount else 0 end as dropped_amount,
        outstanding_amount,
        cast(0 as decimal(38, 18)) as unbilled_amount,
        cast(0 as decimal(38, 18)) as billed_later_amount
    from statuses
    union all
    -- The pack of a month tells nothing of months after it.
    select
        customer_id, month, currency, cast(0 as decimal(38, 18)) as invoiced_amount,
        cast(0 as decimal(38, 18)) as paid_amount, cast(0 as decimal(38, 18)) as voided_amount,
        cast(0 as decimal(38, 18)) as dropped_amount, cast(0 as decimal(38, 18)) as outstanding_amount, unbilled_amount,
        cast(0 as decimal(38, 18)) as billed_later_amount
    from accrued
    where $cutoff is null or month is null or month < date_in_zone($cutoff, 'UTC')
    union all
    select
        customer_id, month, currency, cast(0 as decimal(38, 18)) as invoiced_amount,
        cast(0 as decimal(38, 18)) as paid_amount, cast(0 as decimal(38, 18)) as voided_amount,
        cast(0 as decimal(38, 18)) as dropped_amount, cast(0 as decimal(38, 18)) as outstanding_amount,
        cast(0 as decimal(38, 18)) as unbilled_amount, amount as billed_later_amount
    from earned
    where $cutoff is null or month < date_in_zone($cutoff, 'UTC')
),

moved as (
    select
        customer_id,
        month,
        currency,
        money_total(invoiced_amount) as invoiced_amount,
        money_total(paid_amount) as paid_amount,
        money_total(voided_amount) as voided_amount,
        money_total(dropped_amount) as dropped_amount,
        money_total(outstanding_amount) as outstanding_amount,
        money_total(unbilled_amount) as unbilled_amount,
        money_total(billed_later_amount) as billed_later_amount
    from amounts
    group by customer_id, month, currency
),

newest as (
    select greatest(max(moved.month), max(data.newest_month)) as newest_month
    from moved
    cross join data
),

held as (
    select customer_id, currency, min(month) as first_month
    from moved
    group by customer_id, currency
),

monthly as (
    select
        held.customer_id,
        held.currency,
        unnest(months_through(coalesce(held.first_month, newest.newest_month), newest.newest_month)) as month
    from held
    cross join newest
),

-- A sum and no join: an invoice may name no customer.
filled as (
    select
        customer_id, month, currency, cast(0 as decimal(38, 18)) as invoiced_amount,
        cast(0 as decimal(38, 18)) as paid_amount, cast(0 as decimal(38, 18)) as voided_amount,
        cast(0 as decimal(38, 18)) as dropped_amount, cast(0 as decimal(38, 18)) as outstanding_amount,
        cast(0 as decimal(38, 18)) as unbilled_amount, cast(0 as decimal(38, 18)) as billed_later_amount
    from monthly
    union all
    select
        customer_id, month, currency, invoiced_amount, paid_amount, voided_amount, dropped_amount, outstanding_amount,
        unbilled_amount, billed_later_amount
    from moved
),

added as (
    select
        customer_id,
        month,
        currency,
        money_total(invoiced_amount) as invoiced_amount,
        money_total(paid_amount) as paid_amount,
        money_total(voided_amount) as voided_amount,
        money_total(dropped_amount) as dropped_amount,
        money_total(outstanding_amount) as outstanding_amount,
        money_total(unbilled_amount) as unbilled_amount,
        money_total(billed_later_amount) as billed_later_amount
    from filled
    group by customer_id, month, currency
),

running as (
    select
        *,
        money_total(outstanding_amount) over (
            partition by customer_id, currency
            order by month nulls first
            rows between unbounded preceding and 1 preceding
        ) as opening_amount,
        money_total(outstanding_amount) over (
            partition by customer_id, currency
            order by month nulls first
            rows between unbounded preceding and current row
        ) as closing_amount
    from added
),

final as (
    select
        running.customer_id,
        customers.customer_name,
        running.month,
        running.currency,
        running.opening_amount,
        running.invoiced_amount,
        running.paid_amount,
        running.voided_amount,
        running.dropped_amount,
        running.closing_amount,
        running.unbilled_amount,
        running.billed_later_amount
    from running
    left join customers on running.customer_id = customers.customer_id
)

select * from final order by customer_id, month nulls first, currency
