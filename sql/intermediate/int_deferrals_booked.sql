-- What was billed for prepaid commits, in the order of its dates, one row a purchase: how far each reaches.
--
-- Purchase lines of final invoices; and, of commits that are billed outside the vendor's invoices, the dates of their invoice
-- schedule that have come, or where it has none all that is known to be paid on the day that the commit begins. A commit and
-- what took its rest share a pool, which is used up in this order.
--
-- grain    booking_id
-- params   $billed_elsewhere clearing|not_posted = clearing, $reporting_time_zone time_zone = UTC
-- columns
--   booking_id           text                         the line, or the date of the schedule
--   pool                 text?                        the commit first paid for, through rollovers
--   is_billed_elsewhere  boolean                      outside the vendor's invoices
--   booked_month         date?                        first day of the month of its issue
--   customer_id          text?                        the customer billed
--   contract_id          text?                        the contract billed
--   product_id           text?                        the product it is billed under
--   balance_id           text?                        the commit
--   invoice_id           text?                        the invoice; null where it is billed elsewhere
--   currency             text?                        currency of the amounts
--   total_amount         decimal(38, 18)? [currency]  billed
--   until_amount         decimal(38, 18)? [currency]  of the pool up to this purchase, this one included
with
lines as (
    select * from int_lines_classified where line_role = 'purchase' and is_counted and not is_draft and total_amount <> 0
),

balances as (
    select * from int_balances_valued
),

elsewhere as (
    select
        unified.balance_id,
        unified.channel,
        unified.as_of,
        coalesce(unified.units_per_invoiced, unified.units_per_amount) as units_per_billed
    from int_balances_unified as unified
    inner join balances on unified.balance_id = balances.balance_id
    where balances.balance_type = 'prepaid'
        and not balances.is_invoiced
        -- A rest that moved on was paid for with the commit it comes from.
        and (balances.root_balance_id = balances.balance_id or balances.scheduled_amount is not null)
        and $billed_elsewhere = 'clearing'
),

items as (
    select 'api' as channel, balance_id, item_number, dated_at, billed from stg_api__balance_invoice_items
    union all
    select 'egress' as channel, balance_id, item_number, dated_at, billed from stg_egress__balance_invoice_items
),

scheduled as (
    select
        'schedule/' || items.balance_id || '/' || cast(items.item_number as varchar) as booking_id,
        items.balance_id,
        items.dated_at as booked_at,
        money_mul(items.billed, elsewhere.units_per_billed) as total_amount
    from items
    inner join elsewhere on items.balance_id = elsewhere.balance_id and items.channel = elsewhere.channel
    where items.dated_at < elsewhere.as_of
    union all
    select
        'schedule/' || balances.balance_id as booking_id,
        balances.balance_id,
        balances.starting_at as booked_at,
        balances.paid_amount as total_amount
    from balances
    inner join elsewhere on balances.balance_id = elsewhere.balance_id
    where balances.scheduled_amount is null and balances.starting_at < elsewhere.as_of
),

purchases as (
    select
        lines.line_item_key as booking_id,
        coalesce(balances.root_balance_id, lines.balance_id) as pool,
        false as is_billed_elsewhere,
        lines.booked_at,
        lines.booked_month,
        lines.customer_id,
        lines.contract_id,
        lines.product_id,
        lines.balance_id,
        lines.invoice_id,
        lines.invoice_currency as currency,
        lines.total_amount
    from lines
    left join balances on lines.balance_id = balances.balance_id
    union all
    select
        scheduled.booking_id,
        balances.root_balance_id as pool,
        true as is_billed_elsewhere,
        scheduled.booked_at,
        month_of(date_in_zone(scheduled.booked_at, cast($reporting_time_zone as varchar))) as booked_month,
        balances.customer_id,
        balances.contract_id,
        balances.product_id,
        balances.balance_id,
        cast(null as varchar) as invoice_id,
        balances.currency,
        scheduled.total_amount
    from scheduled
    inner join balances on scheduled.balance_id = balances.balance_id
    where scheduled.total_amount <> 0
),

final as (
    select
        booking_id,
        pool,
        is_billed_elsewhere,
        booked_month,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        currency,
        total_amount,
        money_sum(total_amount) over (
            partition by pool, currency
            order by booked_at, booking_id
            rows between unbounded preceding and current row
        ) as until_amount
    from purchases
)

select * from final
