-- What recurs at the end of each month that is over, by customer, contract and currency: fees normalised to a month, and commits.
--
-- A fee counts where its service period covers the last day of the month. For whole months it is divided by them; for another
-- time, such as the first days of a subscription that is billed from the next month on, by its days, and as many times as the
-- month has days.
--
-- grain    customer_id, contract_id, month, currency
-- columns
--   customer_id          text?                        the customer
--   contract_id          text?                        the contract; null for commits of the customer
--   month                date                         first day of the month
--   currency             text                         currency of the amounts
--   subscription_amount  decimal(38, 18)? [currency]  fees of a month
--   committed_amount     decimal(38, 18)? [currency]  committed spend of a month
with
fees as (
    select * from int_fees_recurring
),

commits as (
    select * from int_commits_spread where not is_withdrawn
),

data as (
    -- The last instant of a month is its end.
    select add_months(month_of(newest_at + interval '1 microsecond'), -1) as last_month from int_data_dated
),

fee_months as (
    select
        fees.*,
        unnest(
            months_through(
                month_of(fees.first_day), least(add_months(month_of(fees.end_day), -1), data.last_month)
            )
        ) as month
    from fees
    cross join data
),

amounts as (
    select
        customer_id,
        contract_id,
        month,
        currency,
        case
            when whole_months is not null then money_share(1, fee_amount, cast(whole_months as decimal(38, 18)))
            else money_share(cast(add_months(month, 1) - month as decimal(38, 18)), fee_amount, cast(days as decimal(38, 18)))
        end as subscription_amount,
        cast(0 as decimal(38, 18)) as committed_amount
    from fee_months
    union all
    select
        commits.customer_id,
        commits.contract_id,
        commits.month,
        commits.currency,
        cast(0 as decimal(38, 18)) as subscription_amount,
        commits.committed_amount
    from commits
    cross join data
    where commits.month <= data.last_month
),

final as (
    select
        customer_id,
        contract_id,
        month,
        currency,
        money_total(subscription_amount) as subscription_amount,
        money_total(committed_amount) as committed_amount
    from amounts
    where currency_digits(currency) is not null
    group by customer_id, contract_id, month, currency
)

select * from final
