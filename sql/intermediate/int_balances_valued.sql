-- What commits and credits are worth in revenue, one row each: what makes money of an amount drawn.
--
-- An amount drawn is worth that amount times paid over usable, in this order, so that all of a commit is worth exactly what
-- was paid. Its invoice schedule tells what that is, whoever bills it, as a sum that is exact; else, of a rest that moved on,
-- the commit first paid for; else the vendor's cost basis, which is a float. A schedule that is there and empty, of a commit
-- that the vendor bills, means that it was free, as credits are. Null where none of these is known. What is granted by hand
-- changes no price: what was paid is spread over all that may be used. Where the schedule pays back, what was taken by hand is what
-- was paid back for: what remains paid is spread over what remains.
--
-- grain    balance_id
-- columns
--   balance_id        text                         the commit or credit
--   root_balance_id   text                         the commit that its rest was first paid for with, through rollovers
--   customer_id       text?                        the customer who may use it
--   contract_id       text?                        the contract it was made on; null where on the customer
--   balance_type      text?                        prepaid, postpaid or credit
--   product_id        text?                        the product it is invoiced under
--   balance_currency  text?                        what the balance counts: a currency, a custom unit or `units of …`
--   currency          text?                        currency of the money it is worth
--   starting_at       timestamp?                   begin of its first segment, UTC
--   granted           decimal(38, 18)? [quantity]  granted by all of its access schedule, in what the balance counts
--   usable            decimal(38, 18)? [quantity]  the same, and what was granted by hand, less what was taken of that or paid back for
--   scheduled_amount  decimal(38, 18)? [currency]  all of its invoice schedule; null where it has no items
--   is_invoiced       boolean                      false where that is billed outside the vendor's invoices
--   paid_amount       decimal(38, 18)? [currency]  what all that is usable is worth; null where it is not known
--   cost_basis        decimal(38, 18)? [fraction]  money for each unit of the balance, to 18 places
--   agreed_basis      decimal(38, 18)? [fraction]  the same before anything was granted by hand
--   stated_basis      decimal(38, 18)? [fraction]  the same as the vendor says it
with
balances as (
    select * from int_balances_unified
),

granted as (
    select * from int_balances_granted
),

items as (
    select 'api' as channel, balance_id, billed from stg_api__balance_invoice_items
    union all
    select 'egress' as channel, balance_id, billed from stg_egress__balance_invoice_items
),

schedules as (
    select channel, balance_id, money_total(billed) as billed
    from items
    group by channel, balance_id
),

-- What was granted by hand on the way of a rest that moves on has thinned its price.
steps as (
    select *, money_div(granted, nullif(usable, 0)) as kept from granted
),

-- A rest may move on again: eight steps back are followed.
rooted as (
    select
        first.balance_id,
        first.granted,
        first.usable,
        first.starting_at,
        coalesce(
            ninth.balance_id,
            eighth.balance_id,
            seventh.balance_id,
            sixth.balance_id,
            fifth.balance_id,
            fourth.balance_id,
            third.balance_id,
            second.balance_id,
            first.balance_id
        ) as root_balance_id,
        money_mul(
            money_mul(
                money_mul(
                    money_mul(
                        money_mul(
                            money_mul(
                                case when third.balance_id is null then 1.00 else second.kept end,
                                case when fourth.balance_id is null then 1.00 else third.kept end
                            ),
                            case when fifth.balance_id is null then 1.00 else fourth.kept end
                        ),
                        case when sixth.balance_id is null then 1.00 else fifth.kept end
                    ),
                    case when seventh.balance_id is null then 1.00 else sixth.kept end
                ),
                case when eighth.balance_id is null then 1.00 else seventh.kept end
            ),
            case when ninth.balance_id is null then 1.00 else eighth.kept end
        ) as thinned
    from steps as first
    left join steps as second on first.rolled_over_from_balance_id = second.balance_id
    left join steps as third on second.rolled_over_from_balance_id = third.balance_id
    left join steps as fourth on third.rolled_over_from_balance_id = fourth.balance_id
    left join steps as fifth on fourth.rolled_over_from_balance_id = fifth.balance_id
    left join steps as sixth on fifth.rolled_over_from_balance_id = sixth.balance_id
    left join steps as seventh on sixth.rolled_over_from_balance_id = seventh.balance_id
    left join steps as eighth on seventh.rolled_over_from_balance_id = eighth.balance_id
    left join steps as ninth on eighth.rolled_over_from_balance_id = ninth.balance_id
),

-- A schedule without items may come without its currency: then it is that of the balance, unless that counts units.
paid_in as (
    select
        balances.*,
        rooted.root_balance_id,
        rooted.thinned,
        rooted.starting_at,
        rooted.granted,
        rooted.usable,
        case
            when balances.invoice_currency is not null then balances.invoice_currency
            when balances.credit_type_id is not null then balances.currency
        end as paid_currency,
        case
            when balances.invoice_currency is not null then balances.units_per_invoiced
            when balances.credit_type_id is not null then balances.units_per_amount
        end as units_per_paid,
        schedules.billed
    from balances
    inner join rooted on balances.balance_id = rooted.balance_id
    left join schedules on balances.balance_id = schedules.balance_id and balances.channel = schedules.channel
),

-- The vendor divides what it stores: cents for each cent, or cents for each custom unit.
stated as (
    select
        *,
        money_mul(billed, units_per_paid) as scheduled_amount,
        money_mul(money_div(cost_basis, units_per_amount), units_per_paid) as stated_basis
    from paid_in
),

told as (
    select *, coalesce(scheduled_amount, money_mul(granted, stated_basis)) as told_amount from stated
),

valued as (
    select
        told.*,
        case
            when told.balance_type = 'credit' then cast(0 as decimal(38, 18))
            when told.scheduled_amount is not null then told.scheduled_amount
            when told.balance_id <> roots.balance_id and roots.told_amount is not null
                then money_share(money_mul(told.granted, told.thinned), roots.told_amount, nullif(roots.usable, 0))
            when told.told_amount is not null then told.told_amount
            when roots.is_invoiced and roots.invoice_currency is not null then cast(0 as decimal(38, 18))
        end as paid_amount,
        roots.told_amount as root_amount,
        roots.granted as root_granted
    from told
    inner join told as roots on told.root_balance_id = roots.balance_id
),

final as (
    select
        balance_id,
        root_balance_id,
        customer_id,
        contract_id,
        balance_type,
        product_id,
        currency as balance_currency,
        coalesce(paid_currency, currency) as currency,
        starting_at,
        granted,
        usable,
        scheduled_amount,
        is_invoiced,
        paid_amount,
        money_div(paid_amount, nullif(usable, 0)) as cost_basis,
        -- A rest that moved on has the price of the commit first paid for.
        case
            when balance_type = 'credit' or scheduled_amount is not null or root_amount is null
                then money_div(paid_amount, nullif(granted, 0))
            else money_div(root_amount, nullif(root_granted, 0))
        end as agreed_basis,
        stated_basis
    from valued
)

select * from final
