-- What commits commit customers to, spread evenly over the month's ends of their terms, one row a commit and month.
--
-- Of a prepaid commit that is what is paid for it, of a postpaid one what is to be used or trued up. Each segment of the term has
-- its part of it, by what it grants, in equal parts at the month's ends that it covers; where a segment covers none, or not
-- every one grants something, all goes over the month's ends of the whole term. The last part holds what rounding leaves. Left out is
-- what commits to nothing: free commits, credits, and what is left of one commit in another; and what has no month's end: terms
-- without an end, or within a month.
--
-- grain    balance_id, month
-- columns
--   balance_id        text                         the commit
--   month             date                         first day of a month at whose end it is in its term
--   customer_id       text?                        the customer
--   contract_id       text?                        the contract it was made on; null where on the customer
--   currency          text?                        currency of the amounts; a custom unit where it is paid for in that
--   is_withdrawn      boolean                      whether the commit or its contract was archived by the month's end
--   committed_amount  decimal(38, 18)? [currency]  the month's part; null where it is not known what is paid
with
terms as (
    select * from int_commits_dated where balance_type in ('prepaid', 'postpaid') and starting_at < ending_before
),

balances as (
    select * from int_balances_unified
),

valued as (
    select * from int_balances_valued
),

segments as (
    select * from int_balance_segments_unified
),

archived as (
    select agreement_id as contract_id, max(archived_at) as archived_at
    from int_agreements_unified
    where agreement_type = 'contract'
    group by agreement_id
),

committed as (
    select
        terms.balance_id,
        terms.customer_id,
        terms.contract_id,
        terms.scheduled_amount as granted_amount,
        valued.currency,
        case
            when terms.balance_type = 'postpaid' and terms.currency = valued.currency then terms.scheduled_amount
            else valued.paid_amount
        end as committed_amount,
        least(balances.archived_at, archived.archived_at) as withdrawn_at
    from terms
    inner join valued on terms.balance_id = valued.balance_id
    inner join balances on terms.balance_id = balances.balance_id
    left join archived on terms.contract_id = archived.contract_id
    -- What is left of a commit and moves on was committed to once, unless it is billed again.
    where balances.rolled_over_from_balance_id is null or coalesce(valued.scheduled_amount, 0) <> 0
),

bounded as (
    select
        *,
        month_of(starting_at) as first_month,
        -- What ends within the last day of a month, or at the first of the next, covers the month's end.
        add_months(month_of(cast(ending_before - interval '1 microsecond' as date) + 1), -1) as last_month
    from segments
),

shapes as (
    select
        balance_id,
        bool_and(coalesce(first_month <= last_month and granted_amount > 0, false)) as is_by_segment,
        min(first_month) as first_month,
        max(last_month) as last_month,
        max(item_number) as last_number
    from bounded
    group by balance_id
),

shares as (
    select
        bounded.balance_id,
        bounded.item_number,
        shapes.last_number,
        bounded.first_month,
        bounded.last_month,
        committed.committed_amount,
        money_share(bounded.granted_amount, committed.committed_amount, committed.granted_amount) as share_amount
    from bounded
    inner join shapes on bounded.balance_id = shapes.balance_id
    inner join committed on bounded.balance_id = committed.balance_id
    where shapes.is_by_segment
),

running as (
    select
        *,
        money_sum(share_amount) over (
            partition by balance_id order by item_number rows between unbounded preceding and current row
        ) as share_through
    from shares
),

stretches as (
    select
        balance_id,
        first_month,
        last_month,
        case when item_number = last_number then committed_amount - (share_through - share_amount) else share_amount end
            as amount
    from running
    union all
    select committed.balance_id, shapes.first_month, shapes.last_month, committed.committed_amount as amount
    from committed
    inner join shapes on committed.balance_id = shapes.balance_id
    where not shapes.is_by_segment
),

monthly as (
    select
        *,
        unnest(months_through(first_month, last_month)) as month
    from stretches
    where amount is distinct from 0
),

parts as (
    select
        balance_id,
        month,
        last_month,
        amount,
        cast(array_length(months_through(first_month, last_month)) as decimal(38, 18)) as month_count
    from monthly
),

summed as (
    select
        balance_id,
        month,
        money_total(
            case
                when month = last_month then amount - money_mul(money_share(1, amount, month_count), month_count - 1)
                else money_share(1, amount, month_count)
            end
        ) as committed_amount
    from parts
    group by balance_id, month
),

final as (
    select
        summed.balance_id,
        summed.month,
        committed.customer_id,
        committed.contract_id,
        committed.currency,
        coalesce(committed.withdrawn_at < cast(add_months(summed.month, 1) as timestamp(6) with time zone), false)
            as is_withdrawn,
        summed.committed_amount
    from summed
    inner join committed on summed.balance_id = committed.balance_id
)

select * from final
