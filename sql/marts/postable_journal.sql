-- The journal in amounts that a ledger takes: each line of `journal_entries` in whole minor units of its currency (cents).
--
-- A line is posted as what brings its account to the exact sum so far, rounded: by customer, contract, product, account and currency what
-- was posted to date is never further than half a minor unit from what is exact, however many lines there are. What an entry then
-- lacks to balance is a line of its own, on the account `rounding` of `[accounts]`. Amounts that are no currency's (custom
-- pricing units) are not posted.
--
-- grain    month, entry_id, line_number
-- period   month
-- params   $fiscal_year_start 01|02|03|04|05|06|07|08|09|10|11|12 = 01
-- columns
--   month              date                         first day of the month it is posted in
--   posting_date       date                         last day of that month
--   fiscal_period      text                         fiscal year and period of that month, such as FY2024-P03
--   entry_id           text                         the entry, as in journal_entries
--   line_number        integer                      as in journal_entries; behind those the line of what rounding moves
--   event              text                         what happened
--   memo               text                         that in words: what, which month, whose, which product and invoice
--   account_name       text                         the account
--   account_type       text                         asset, liability, revenue, contra_revenue or expense
--   customer_id        text?                        the customer
--   customer_name      text?                        its name
--   contract_id        text?                        the contract
--   product_id         text?                        the product
--   product_name       text?                        its name
--   balance_id         text?                        the commit concerned
--   invoice_id         text?                        the invoice
--   currency           text                         currency of the amounts
--   debit_amount       decimal(38, 18)? [currency]  to be debited, in whole minor units; null on a credit line
--   credit_amount      decimal(38, 18)? [currency]  to be credited, in whole minor units; null on a debit line
--   exact_amount       decimal(38, 18) [currency]   what the line comes to before it is rounded: debits, or less than 0 credits
--   corrects_month     date?                        first day of the closed month that it corrects; null where it corrects none
--   corrects_entry_id  text?                        the entry of that month that it corrects
--   reverses_entry_id  text?                        the entry that it takes back: the accrual; null where it takes none back
-- checks
--   debit_amount >= 0 or credit_amount >= 0
--   (debit_amount is null) <> (credit_amount is null)
with
rounded as (
    select * from int_journal_rounded
),

roundings as (
    select * from int_journal_roundings
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

reversals as (
    select * from int_journal_reversed
),

accounts as (
    select * from stg_settings__accounts where account_key = 'rounding'
),

lacking as (
    select
        rounded.month, rounded.entry_id, roundings.line_number, rounded.event, accounts.account_name,
        accounts.account_type, rounded.customer_id, rounded.invoice_id, rounded.currency, roundings.posted_amount,
        rounded.corrects_month, rounded.corrects_entry_id
    from roundings
    inner join rounded
        on roundings.month = rounded.month
        and roundings.entry_id = rounded.entry_id
        and roundings.first_number = rounded.line_number
    cross join accounts
),

lines as (
    select
        month, entry_id, line_number, event, account_name, account_type, customer_id, contract_id, product_id,
        balance_id, invoice_id, currency, exact_amount, exact_amount > 0 as is_debit, posted_amount, corrects_month,
        corrects_entry_id
    from rounded
    union all
    select
        month, entry_id, line_number, event, account_name, account_type, customer_id,
        cast(null as varchar) as contract_id, cast(null as varchar) as product_id, cast(null as varchar) as balance_id,
        invoice_id, currency, cast(0 as decimal(38, 18)) as exact_amount, posted_amount > 0 as is_debit, posted_amount,
        corrects_month, corrects_entry_id
    from lacking
),

final as (
    select
        lines.month,
        cast(add_months(lines.month, 1) - interval '1 day' as date) as posting_date,
        'FY' || to_char(add_months(lines.month, (13 - cast($fiscal_year_start as bigint)) % 12), '%Y-P%m') as fiscal_period,
        lines.entry_id,
        lines.line_number,
        lines.event,
        concat_ws(
            ', ',
            case
                when lines.corrects_month is null then ''
                else 'Correction of ' || to_char(lines.corrects_month, '%B %Y') || ': '
            end
            || case lines.event
                when 'on_demand' then 'Usage'
                when 'prepaid_drawdown' then 'Prepaid usage'
                when 'postpaid_drawdown' then 'Postpaid usage'
                when 'credit_drawdown' then 'Usage paid by credits'
                when 'scheduled' then 'Scheduled fee'
                when 'true_up' then 'True-up'
                when 'expiration' then 'Breakage'
                else upper(left(lines.event, 1)) || replace(substr(lines.event, 2), '_', ' ')
            end
            || ' ' || to_char(lines.month, '%B %Y'),
            customers.customer_name,
            products.product_name,
            'invoice ' || lines.invoice_id
        ) as memo,
        lines.account_name,
        lines.account_type,
        lines.customer_id,
        customers.customer_name,
        lines.contract_id,
        lines.product_id,
        products.product_name,
        lines.balance_id,
        lines.invoice_id,
        lines.currency,
        case when lines.is_debit then lines.posted_amount end as debit_amount,
        case when not lines.is_debit then -lines.posted_amount end as credit_amount,
        lines.exact_amount,
        lines.corrects_month,
        lines.corrects_entry_id,
        reversals.reverses_entry_id
    from lines
    left join customers on lines.customer_id = customers.customer_id
    left join products on lines.product_id = products.product_id
    left join reversals on lines.entry_id = reversals.entry_id
)

select * from final order by month, entry_id, line_number
