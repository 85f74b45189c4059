-- Roll-forwards of commits and credits that leave a month out, open otherwise than the month before closed, or end
-- elsewhere than where the ledger ends, to the last digit.
--
-- severity block
with
months as (
    select * from balance_rollforward
),

ledger as (
    select balance_id, money_sum(amount) as ledger_amount from int_balance_ledger_unified group by balance_id
),

joined as (
    select
        *,
        lag(month) over (partition by balance_id order by month) as month_before,
        lag(closing_amount) over (partition by balance_id order by month) as closing_before_amount,
        row_number() over (partition by balance_id order by month desc) as place_from_end
    from months
),

final as (
    select
        'month' as rule,
        balance_id,
        month,
        coalesce(closing_before_amount, 0) as expected_amount,
        opening_amount as found_amount,
        currency
    from joined
    where opening_amount <> coalesce(closing_before_amount, 0) or month <> add_months(month_before, 1)
    union all
    select
        'ledger' as rule,
        ledger.balance_id,
        joined.month,
        ledger.ledger_amount as expected_amount,
        joined.closing_amount as found_amount,
        joined.currency
    from ledger
    left join joined on ledger.balance_id = joined.balance_id and joined.place_from_end = 1
    where joined.closing_amount is distinct from coalesce(ledger.ledger_amount, 0)
)

select * from final order by rule, balance_id, month
