-- Lines of journal entries, one row each: as they were posted with closes, as they are computed in the months that are open, and
-- what corrects closed months.
--
-- What was posted stays. Where an entry of a closed month would be another by now, or would not be there, or is there now and
-- was not, its lines as computed less those posted so far are one entry of the first open month, which names it. So what was
-- posted in full is what is computed now, by account, customer and currency. As of an instant nothing is closed: what was true is
-- asked of all that is known.
--
-- grain    month, entry_id, line_number
-- params   $as_of instant
-- columns
--   month              date                         first day of the month it is posted in, UTC
--   entry_id           text                         the entry
--   line_number        integer                      1 the debit, 2 the credit; a correction may have more of both, debits first
--   event              text                         what happened; of a correction, what is corrected
--   account_name       text?                        the account
--   account_type       text?                        asset, liability, revenue or contra_revenue
--   customer_id        text?                        the customer
--   contract_id        text?                        the contract
--   product_id         text?                        the product
--   balance_id         text?                        the commit concerned
--   invoice_id         text?                        the invoice
--   currency           text?                        currency of the amounts
--   debit_amount       decimal(38, 18)? [currency]  debited; null on a credit line
--   credit_amount      decimal(38, 18)? [currency]  credited; null on a debit line
--   corrects_month     date?                        first day of the closed month that it corrects; null where it corrects none
--   corrects_entry_id  text?                        the entry of that month that it corrects, posted or not
with
lines as (
    select * from int_journal_lines
),

closes as (
    select * from stg_etl__closes where reopened_at is null and posted_lines is not null and $as_of is null
),

closed as (
    select max(month) as month from closes
),

postings as (
    select stg_etl__postings.*
    from stg_etl__postings
    inner join closes on stg_etl__postings.closed_run_id = closes.closed_run_id
),

dated as (
    select lines.*, coalesce(lines.month <= closed.month, false) as is_closed
    from lines
    cross join closed
),

moved as (
    select
        coalesce(corrects_entry_id, entry_id) as entry_id, coalesce(corrects_month, month) as month, event, account_name,
        account_type, customer_id, contract_id, product_id, balance_id, invoice_id, currency,
        coalesce(credit_amount, 0) - coalesce(debit_amount, 0) as amount
    from postings
    union all
    select
        entry_id, month, event, account_name, account_type, customer_id, contract_id, product_id, balance_id, invoice_id,
        currency, coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as amount
    from dated
    where is_closed
),

netted as (
    select
        entry_id, month, event, account_name, account_type, customer_id, contract_id, product_id, balance_id, invoice_id,
        currency, money_sum(amount) as amount
    from moved
    group by
        entry_id, month, event, account_name, account_type, customer_id, contract_id, product_id, balance_id, invoice_id,
        currency
    having money_sum(amount) <> 0
),

corrections as (
    select
        netted.*,
        add_months(closed.month, 1) as open_month,
        cast(
            row_number() over (
                partition by entry_id
                order by
                    amount < 0, account_name, account_type, customer_id, contract_id, product_id, balance_id, invoice_id,
                    currency, event
            ) as bigint
        ) as line_number
    from netted
    cross join closed
),

final as (
    select
        month, entry_id, line_number, event, account_name, account_type, customer_id, contract_id, product_id,
        balance_id, invoice_id, currency, debit_amount, credit_amount, corrects_month, corrects_entry_id
    from postings
    union all
    select
        month, entry_id, line_number, event, account_name, account_type, customer_id, contract_id, product_id,
        balance_id, invoice_id, currency, debit_amount, credit_amount, cast(null as date) as corrects_month,
        cast(null as varchar) as corrects_entry_id
    from dated
    where not is_closed
    union all
    select
        open_month as month, md5('correction/' || entry_id || '/' || cast(open_month as varchar)) as entry_id,
        line_number, event, account_name, account_type, customer_id, contract_id, product_id, balance_id, invoice_id,
        currency, case when amount > 0 then amount end as debit_amount, case when amount < 0 then -amount end as credit_amount,
        month as corrects_month, entry_id as corrects_entry_id
    from corrections
)

select * from final
