-- Months of a contract that do not open with what the month before closed with, or whose movements are not the difference; months whose
-- committed spend is not that of all commits; and commits of which the parts of all months are not what the commit commits to.
--
-- severity block
with
recurring as (
    select * from recurring_revenue
),

commits as (
    select * from int_commits_spread
),

terms as (
    select * from int_commits_dated
),

valued as (
    select * from int_balances_valued
),

data as (
    select add_months(month_of(newest_at + interval '1 microsecond'), -1) as last_month from int_data_dated
),

spread as (
    select distinct balance_id from commits
),

amounts as (
    select
        'opening' as figure, customer_id, contract_id, cast(null as varchar) as balance_id, month, currency,
        false as is_expected, opening_amount as amount
    from recurring
    union all
    select
        'opening' as figure, recurring.customer_id, recurring.contract_id, cast(null as varchar) as balance_id,
        add_months(recurring.month, 1) as month, recurring.currency, true as is_expected, recurring.recurring_amount as amount
    from recurring
    cross join data
    where recurring.month < data.last_month
    union all
    select
        'movements' as figure, customer_id, contract_id, cast(null as varchar) as balance_id, month, currency,
        false as is_expected, new_amount + expansion_amount + contraction_amount + churned_amount as amount
    from recurring
    where new_amount is not null
    union all
    select
        'movements' as figure, customer_id, contract_id, cast(null as varchar) as balance_id, month, currency,
        true as is_expected, recurring_amount - opening_amount as amount
    from recurring
    where new_amount is not null
    union all
    select
        'committed' as figure, customer_id, contract_id, cast(null as varchar) as balance_id, month, currency,
        false as is_expected, committed_amount as amount
    from recurring
    union all
    select
        'committed' as figure, commits.customer_id, commits.contract_id, cast(null as varchar) as balance_id, commits.month,
        commits.currency, true as is_expected, commits.committed_amount as amount
    from commits
    cross join data
    where not commits.is_withdrawn
        and commits.month <= data.last_month
        and currency_digits(commits.currency) is not null
    union all
    select
        'term' as figure, cast(null as varchar) as customer_id, cast(null as varchar) as contract_id, balance_id,
        cast(null as date) as month, currency, false as is_expected, committed_amount as amount
    from commits
    union all
    select
        'term' as figure, cast(null as varchar) as customer_id, cast(null as varchar) as contract_id, terms.balance_id,
        cast(null as date) as month, valued.currency, true as is_expected,
        case
            when terms.balance_type = 'postpaid' and terms.currency = valued.currency then terms.scheduled_amount
            else valued.paid_amount
        end as amount
    from spread
    inner join terms on spread.balance_id = terms.balance_id
    inner join valued on spread.balance_id = valued.balance_id
),

final as (
    select
        figure,
        customer_id,
        contract_id,
        balance_id,
        month,
        currency,
        money_total(amount) filter (where is_expected) as expected_amount,
        money_total(amount) filter (where not is_expected) as found_amount
    from amounts
    group by figure, customer_id, contract_id, balance_id, month, currency
    having (
        money_total(amount) filter (where is_expected)
        is distinct from money_total(amount) filter (where not is_expected)
    )
)

select * from final order by figure, month, customer_id, contract_id, balance_id, currency
