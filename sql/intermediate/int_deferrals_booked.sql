-- What prepaid commits were invoiced, in the order of its issue, one row a purchase line: how far each reaches.
--
-- A commit and what took its rest share a pool, which is used up in this order.
--
-- grain    booking_id
-- columns
--   booking_id     text                         the line
--   pool           text?                        the commit first paid for, through rollovers
--   booked_month   date?                        first day of the month of its issue
--   currency       text?                        currency of the amounts
--   total_amount   decimal(38, 18)? [currency]  of the line
--   until_amount   decimal(38, 18)? [currency]  of the pool up to this line, this one included
with
lines as (
    select * from int_lines_classified where line_role = 'purchase' and is_counted and not is_draft and total_amount <> 0
),

balances as (
    select * from int_balances_valued
),

final as (
    select
        lines.line_item_key as booking_id,
        balances.root_balance_id as pool,
        lines.booked_month,
        lines.invoice_currency as currency,
        lines.total_amount,
        money_sum(lines.total_amount) over (
            partition by balances.root_balance_id, lines.invoice_currency
            order by lines.booked_at, lines.line_item_key
            rows between unbounded preceding and current row
        ) as until_amount
    from lines
    inner join balances on lines.balance_id = balances.balance_id
)

select * from final
