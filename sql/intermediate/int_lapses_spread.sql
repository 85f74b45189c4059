-- What lapses of prepaid commits by month, under both policies of breakage, in the unit of the balance.
--
-- `on_expiry` counts it when it lapses. `proportional` counts it with each drawdown, in proportion; what will lapse must be
-- known for that, which it is of terms that are over and that no draft draws on any more. Where nothing was drawn there is
-- nothing to be in proportion to, and both do the same. Months are differences of what lapsed up to them, so that rounding is
-- never carried along and both add up to the same.
--
-- grain    balance_id, month
-- params   $breakage on_expiry|proportional = on_expiry
-- columns
--   balance_id           text                         the commit
--   month                date                         first day of a month in which it was drawn or lapsed, UTC
--   drawn                decimal(38, 18) [quantity]   drawn by finalized invoices
--   lapsed               decimal(38, 18) [quantity]   lapsed
--   lapsed_proportional  decimal(38, 18)? [quantity]  what lapses over the term, in proportion; null until that is known
--   counted              decimal(38, 18)? [quantity]  of these two the one that counts by the policy; what lapsed where the other is not known
with
entries as (
    select * from int_ledger_entries_classified where balance_type = 'prepaid'
),

terms as (
    select * from int_commits_dated
),

drafted as (
    select distinct balance_id from entries where movement_class = 'draft_drawdown'
),

moved as (
    select
        balance_id,
        accounting_month as month,
        coalesce(-money_sum(case when movement_class = 'drawdown' then amount end), 0) as drawn,
        coalesce(-money_sum(case when movement_class = 'expiry' then amount end), 0) as lapsed
    from entries
    where movement_class in ('drawdown', 'expiry')
    group by balance_id, accounting_month
),

cumulated as (
    select
        *,
        money_sum(drawn) over (partition by balance_id order by month rows between unbounded preceding and current row)
            as drawn_until,
        money_sum(lapsed) over (partition by balance_id order by month rows between unbounded preceding and current row)
            as lapsed_until,
        money_sum(drawn) over (partition by balance_id) as all_drawn,
        money_sum(lapsed) over (partition by balance_id) as all_lapsed
    from moved
),

shared as (
    select
        cumulated.*,
        case
            when not terms.is_ended or drafted.balance_id is not null then cast(null as decimal(38, 18))
            when cumulated.all_drawn = 0 then cumulated.lapsed_until
            else money_share(cumulated.all_lapsed, cumulated.drawn_until, nullif(cumulated.all_drawn, 0))
        end as share_until
    from cumulated
    inner join terms on cumulated.balance_id = terms.balance_id
    left join drafted on cumulated.balance_id = drafted.balance_id
),

spread as (
    select
        *,
        share_until - coalesce(lag(share_until) over (partition by balance_id order by month), 0) as lapsed_proportional
    from shared
),

final as (
    select
        balance_id,
        month,
        drawn,
        lapsed,
        lapsed_proportional,
        case when $breakage = 'proportional' then coalesce(lapsed_proportional, lapsed) else lapsed end as counted
    from spread
)

select * from final
