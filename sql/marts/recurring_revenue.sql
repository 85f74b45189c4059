-- Recurring revenue at the end of each month, by contract: what subscriptions and commitments come to in a month and in a year, and what
-- moved it since the month before.
--
-- There is no standard for it, and it is no revenue as books recognize it. Here it is two things. Fees that recur: subscriptions,
-- and scheduled fees with a rule or several dates, whose service period covers the last day of the month, normalised to a
-- month by the length of that period (how often one is billed is told nowhere else); at what is billed before free credits, less
-- what a commit pays. And committed spend: what is paid for a prepaid commit, or promised by a postpaid one, in equal parts at the
-- month's ends of its term, by segments. So nothing that a commit pays for counts twice.
--
-- Left out is what does not recur or is not money: usage, overage and true-ups; fees with a single date, such as for setting up;
-- credits and free commits; what moves on from a commit to another; commits without an end, or without a month's end in their
-- term; what is priced in custom units. Fees of plans (legacy) cannot be told from usage, and are left out too.
--
-- A customer is new in a currency where nothing recurred at the month's begin, and churned where nothing does at its end; what
-- moves else is expansion or contraction, so that a contract which takes the place of another is both, and comes to what differs.
-- The last month is the last that is over. Its fees may stand on drafts still.
--
-- grain    customer_id, contract_id, month, currency
-- period   month
-- columns
--   month                date                         first day of the month
--   customer_id          text?                        the customer
--   customer_name        text?                        its name
--   contract_id          text?                        the contract; null for commits of the customer
--   currency             text                         currency of the amounts
--   opening_amount       decimal(38, 18)? [currency]  recurring at the month's begin, a month's worth
--   new_amount           decimal(38, 18)? [currency]  more of it, of a customer that had nothing
--   expansion_amount     decimal(38, 18)? [currency]  more of it, of one that had something
--   contraction_amount   decimal(38, 18)? [currency]  less of it, of a customer that has something left; less than 0
--   churned_amount       decimal(38, 18)? [currency]  less of it, of one that has nothing left; less than 0
--   recurring_amount     decimal(38, 18)? [currency]  recurring at the month's end, a month's worth; null where a part is not known
--   subscription_amount  decimal(38, 18)? [currency]  of it: fees
--   committed_amount     decimal(38, 18)? [currency]  of it: committed spend
--   annual_amount        decimal(38, 18)? [currency]  twelve times what is recurring at the month's end
-- checks
--   recurring_amount = subscription_amount + committed_amount
--   recurring_amount = opening_amount + new_amount + expansion_amount + contraction_amount + churned_amount
--   new_amount >= 0 and expansion_amount >= 0 and contraction_amount <= 0 and churned_amount <= 0
with
spread as (
    select * from int_recurring_spread
),

data as (
    -- The last instant of a month is its end.
    select add_months(month_of(newest_at + interval '1 microsecond'), -1) as last_month from int_data_dated
),

customers as (
    select * from int_customers_unified
),

-- What a month closes with is what the next one opens with.
sides as (
    select column1 as months_later, column2 as is_closing from (values (0, true), (1, false))
),

placed as (
    select
        spread.customer_id,
        spread.contract_id,
        spread.currency,
        spread.subscription_amount,
        spread.committed_amount,
        sides.is_closing,
        add_months(spread.month, sides.months_later) as month
    from spread
    cross join sides
),

moved as (
    select
        placed.customer_id,
        placed.contract_id,
        placed.month,
        placed.currency,
        money_total(placed.subscription_amount) filter (where placed.is_closing) as subscription_amount,
        money_total(placed.committed_amount) filter (where placed.is_closing) as committed_amount,
        money_total(placed.subscription_amount + placed.committed_amount) filter (where placed.is_closing)
            as recurring_amount,
        money_total(placed.subscription_amount + placed.committed_amount) filter (where not placed.is_closing)
            as opening_amount
    from placed
    cross join data
    where placed.month <= data.last_month
    group by placed.customer_id, placed.contract_id, placed.month, placed.currency
),

totals as (
    select
        customer_id,
        month,
        currency,
        money_total(subscription_amount + committed_amount) filter (where is_closing) as closing_total,
        money_total(subscription_amount + committed_amount) filter (where not is_closing) as opening_total
    from placed
    group by customer_id, month, currency
),

compared as (
    select
        moved.*,
        moved.recurring_amount - moved.opening_amount as difference_amount,
        totals.opening_total,
        totals.closing_total
    from moved
    inner join totals
        on coalesce(moved.customer_id, '') = coalesce(totals.customer_id, '')
        and moved.month = totals.month
        and moved.currency = totals.currency
    where (moved.opening_amount is distinct from 0) or (moved.recurring_amount is distinct from 0)
),

causes as (
    select
        *,
        case
            when difference_amount is null then null
            when difference_amount > 0 and opening_total = 0 then 'new'
            when difference_amount > 0 and opening_total is not null then 'expansion'
            when difference_amount < 0 and closing_total = 0 then 'churned'
            when difference_amount < 0 and closing_total is not null then 'contraction'
            when difference_amount = 0 then 'none'
        end as cause
    from compared
),

final as (
    select
        causes.month,
        causes.customer_id,
        customers.customer_name,
        causes.contract_id,
        causes.currency,
        causes.opening_amount,
        case when cause = 'new' then difference_amount when cause is not null then 0 end as new_amount,
        case when cause = 'expansion' then difference_amount when cause is not null then 0 end as expansion_amount,
        case when cause = 'contraction' then difference_amount when cause is not null then 0 end as contraction_amount,
        case when cause = 'churned' then difference_amount when cause is not null then 0 end as churned_amount,
        causes.recurring_amount,
        causes.subscription_amount,
        causes.committed_amount,
        money_mul(causes.recurring_amount, 12) as annual_amount
    from causes
    left join customers on causes.customer_id = customers.customer_id
)

select * from final order by month, customer_id, contract_id, currency
