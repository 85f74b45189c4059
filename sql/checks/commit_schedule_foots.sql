-- Commits whose schedule leaves a month out or ends elsewhere than where its final ledger entries end.
--
-- Drafts are not in it, nor what void invoices drew and gave back.
--
-- severity block
with
months as (
    select * from commit_schedule where remaining_balance_amount is not null
),

entries as (
    select * from int_ledger_entries_classified
),

ledger as (
    select
        balance_id,
        money_sum(case when movement_class <> 'draft_drawdown' and not is_reversed then amount end) as ledger_amount
    from entries
    group by balance_id
),

placed as (
    select
        *,
        lag(month) over (partition by commit_id order by month) as month_before,
        row_number() over (partition by commit_id order by month desc) as place_from_end
    from months
),

final as (
    select
        ledger.balance_id as commit_id,
        placed.month,
        coalesce(ledger.ledger_amount, 0) as expected_amount,
        placed.remaining_balance_amount - placed.expired_amount - placed.trueup_amount as found_amount,
        placed.currency
    from ledger
    left join placed on ledger.balance_id = placed.commit_id and placed.place_from_end = 1
    where coalesce(ledger.ledger_amount, 0)
        is distinct from placed.remaining_balance_amount - placed.expired_amount - placed.trueup_amount
    union all
    select
        commit_id,
        month,
        cast(null as decimal(38, 18)) as expected_amount,
        cast(null as decimal(38, 18)) as found_amount,
        currency
    from placed
    where month <> add_months(month_before, 1)
)

select * from final order by commit_id, month
