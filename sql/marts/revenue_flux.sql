-- Why revenue changed: each month's recognized revenue beside that of the month before, and of the same month of the year before, by
-- customer and product.
--
-- The difference is new where nothing was recognized in the month compared with, and gone where nothing is any more. Else that of
-- usage is split: the change of quantity at the old average price, and the change of average price at the new quantity, which also
-- holds what rounding leaves. The average price is revenue by quantity: what commits and credits make cheaper is in it, and so is
-- another mix of prices. All else is other: fees, true-ups, what lapses, and usage of which no quantity is known.
--
-- A month before the first one with revenue is not known to have had none: nothing is compared with it.
--
-- grain    customer_id, product_id, month, currency, comparison
-- period   month
-- apart    prior_amount, current_amount, difference_amount, price_amount, quantity_amount, new_amount, gone_amount, other_amount
-- columns
--   month              date                         first day of the month, UTC
--   comparison         text                         previous_month or previous_year: what it is compared with
--   prior_month        date                         first day of that month
--   customer_id        text?                        the customer
--   customer_name      text?                        its name
--   product_id         text?                        the product; of expirations and true-ups the commit's; null where none is told
--   product_name       text?                        its name
--   currency           text?                        currency of the amounts
--   is_partial         boolean                      whether the data end before the month does, or drafts still bill the customer for it
--   prior_amount       decimal(38, 18)? [currency]  revenue of the month compared with; null, as what follows, where a part is not known
--   current_amount     decimal(38, 18)? [currency]  revenue of the month
--   difference_amount  decimal(38, 18)? [currency]  current less prior
--   price_amount       decimal(38, 18)? [currency]  of it: another average price of usage, at the current quantity
--   quantity_amount    decimal(38, 18)? [currency]  of it: another quantity of usage, at the prior average price
--   new_amount         decimal(38, 18)? [currency]  of it: all, where the prior amount is 0
--   gone_amount        decimal(38, 18)? [currency]  of it: all, where the current amount is 0
--   other_amount       decimal(38, 18)? [currency]  of it: what has no quantity
--   prior_quantity     decimal(38, 18)? [quantity]  units of usage billed then; null where they are not known
--   current_quantity   decimal(38, 18)? [quantity]  units of usage billed now
-- checks
--   comparison in ('previous_month', 'previous_year')
--   difference_amount = current_amount - prior_amount
--   difference_amount = price_amount + quantity_amount + new_amount + gone_amount + other_amount
with
measured as (
    select * from int_revenue_measured
),

data as (
    select
        month_of(newest_at - interval '1 microsecond') as newest_month,
        -- The last instant of a month is its end.
        month_of(newest_at + interval '1 microsecond') as ended_before_month
    from int_data_dated
),

drafts as (
    select distinct customer_id, month from accrued_revenue where month is not null
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

begun as (
    select min(month) as first_month from measured where recognized_amount is distinct from 0
),

-- What a month earned is current in it, and prior a month or a year later.
sides as (
    select column1 as comparison, column2 as months_between, column3 as is_current
    from (
        values ('previous_month', 1, true), ('previous_month', 1, false), ('previous_year', 12, true), ('previous_year', 12, false)
    )
),

placed as (
    select
        measured.customer_id,
        measured.product_id,
        measured.currency,
        measured.recognized_amount,
        measured.usage_amount,
        measured.billed_quantity,
        sides.comparison,
        sides.is_current,
        case when sides.is_current then measured.month else add_months(measured.month, sides.months_between) end as month,
        case when sides.is_current then add_months(measured.month, -sides.months_between) else measured.month end as prior_month
    from measured
    cross join sides
),

compared as (
    select
        placed.customer_id,
        placed.product_id,
        placed.month,
        placed.prior_month,
        placed.currency,
        placed.comparison,
        max(data.ended_before_month) as ended_before_month,
        money_total(placed.recognized_amount) filter (where not placed.is_current) as prior_amount,
        money_total(placed.recognized_amount) filter (where placed.is_current) as current_amount,
        money_total(placed.usage_amount) filter (where not placed.is_current) as prior_usage_amount,
        money_total(placed.usage_amount) filter (where placed.is_current) as current_usage_amount,
        money_total(placed.billed_quantity) filter (where not placed.is_current) as prior_quantity,
        money_total(placed.billed_quantity) filter (where placed.is_current) as current_quantity
    from placed
    cross join data
    cross join begun
    where placed.month <= data.newest_month and begun.first_month <= placed.prior_month
    group by
        placed.customer_id, placed.product_id, placed.month, placed.prior_month, placed.currency, placed.comparison
),

-- Usage has two prices to compare where something was used before, and nothing is billed now that nothing was used for.
causes as (
    select
        *,
        case
            when prior_amount is null or current_amount is null then null
            when prior_amount = 0 then 'new'
            when current_amount = 0 then 'gone'
            when prior_quantity > 0 and (current_quantity > 0 or (current_quantity = 0 and current_usage_amount = 0))
                then 'measured'
            else 'other'
        end as cause
    from compared
    where (prior_amount is distinct from 0) or (current_amount is distinct from 0)
),

-- What the current quantity would have come to at the prior price.
priced as (
    select
        *,
        case when cause = 'measured' then money_share(current_quantity, prior_usage_amount, prior_quantity) end
            as repriced_amount
    from causes
),

final as (
    select
        priced.month,
        priced.comparison,
        priced.prior_month,
        priced.customer_id,
        customers.customer_name,
        priced.product_id,
        products.product_name,
        priced.currency,
        priced.ended_before_month <= priced.month or drafts.month is not null as is_partial,
        priced.prior_amount,
        priced.current_amount,
        priced.current_amount - priced.prior_amount as difference_amount,
        case
            when cause = 'measured' then priced.current_usage_amount - priced.repriced_amount
            when cause is not null then 0
        end as price_amount,
        case
            when cause = 'measured' then priced.repriced_amount - priced.prior_usage_amount
            when cause is not null then 0
        end as quantity_amount,
        case when cause = 'new' then priced.current_amount when cause is not null then 0 end as new_amount,
        case when cause = 'gone' then -priced.prior_amount when cause is not null then 0 end as gone_amount,
        case
            when cause = 'measured'
                then (priced.current_amount - priced.current_usage_amount)
                    - (priced.prior_amount - priced.prior_usage_amount)
            when cause = 'other' then priced.current_amount - priced.prior_amount
            when cause is not null then 0
        end as other_amount,
        priced.prior_quantity,
        priced.current_quantity
    from priced
    left join drafts on priced.customer_id = drafts.customer_id and priced.month = drafts.month
    left join customers on priced.customer_id = customers.customer_id
    left join products on priced.product_id = products.product_id
)

select * from final order by month, comparison, customer_id, product_id, currency
