-- What commits and credits grant, and what of it may be used, one row each.
--
-- What is granted by hand may be used too. Where the schedule pays back, what was taken by hand is what was paid back for; else what is
-- taken by hand takes nothing from what was paid.
--
-- grain    balance_id
-- columns
--   balance_id                   text                         the commit or credit
--   rolled_over_from_balance_id  text?                        the commit whose rest it is
--   starting_at                  timestamp?                   begin of its first segment, UTC
--   granted                      decimal(38, 18)? [quantity]  granted by all of its access schedule, in what the balance counts
--   usable                       decimal(38, 18)? [quantity]  the same, and what was granted by hand, less what was taken of that or paid back for
with
balances as (
    select * from int_balances_unified
),

terms as (
    select * from int_commits_dated
),

-- What gives back for an invoice that was not delivered only undoes what that drew.
entries as (
    select *
    from int_ledger_entries_classified
    where not is_void
        and (
            movement_class in ('manual', 'seat_adjustment', 'other')
            or (
                movement_class = 'credit_back'
                and (invoice_id is null or invoice_id in (select invoice_id from int_invoices_unified))
            )
        )
),

by_hand as (
    select balance_id, money_sum(amount) as amount from entries group by balance_id
),

refunded as (
    select balance_id from stg_api__balance_invoice_items where billed < 0
    union
    select balance_id from stg_egress__balance_invoice_items where billed < 0
),

final as (
    select
        balances.balance_id,
        balances.rolled_over_from_balance_id,
        terms.starting_at,
        terms.scheduled_amount as granted,
        terms.scheduled_amount
        + case
            when refunded.balance_id is not null then coalesce(by_hand.amount, 0)
            else greatest(coalesce(by_hand.amount, 0), 0)
        end as usable
    from balances
    inner join terms on balances.balance_id = terms.balance_id
    left join by_hand on balances.balance_id = by_hand.balance_id
    left join refunded on balances.balance_id = refunded.balance_id
)

select * from final
