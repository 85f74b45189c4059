-- Commits and credits whose burn-down does not end where their ledger stands on that day, drafts counted.
--
-- severity block
with
days as (
    select *, row_number() over (partition by commit_id order by day desc) as place_from_end from commit_burndown
),

entries as (
    select * from int_ledger_entries_classified where not is_reversed
),

ledger as (
    select days.commit_id, money_sum(entries.amount) as ledger_amount
    from days
    inner join entries on days.commit_id = entries.balance_id
    where days.place_from_end = 1
        and (
            entries.movement_class = 'draft_drawdown'
            or cast(
                case
                    when entries.movement_class in ('drawdown', 'void_drawdown')
                        then entries.occurred_at - interval '1 microsecond'
                    else entries.occurred_at
                end as date
            ) <= days.day
        )
    group by days.commit_id
),

final as (
    select
        days.commit_id,
        days.day,
        coalesce(ledger.ledger_amount, 0) as expected_amount,
        days.remaining_amount as found_amount,
        days.currency
    from days
    left join ledger on days.commit_id = ledger.commit_id
    where days.place_from_end = 1 and days.remaining_amount <> coalesce(ledger.ledger_amount, 0)
)

select * from final order by commit_id
