-- Lines of journal entries in amounts that a ledger takes, one row each: whole minor units of their currency (cents).
--
-- A line is posted as what brings its account to the exact sum so far, rounded: by customer, contract, product, account and currency what
-- was posted to date is never further than half a minor unit from what is exact, however many lines there are. Amounts that are no
-- currency's (custom pricing units) are left out.
--
-- grain    month, entry_id, line_number
-- columns
--   month              date                        first day of the month it is posted in, UTC
--   entry_id           text                        the entry
--   line_number        integer                     as in the journal
--   event              text                        what happened; of a correction, what is corrected
--   account_name       text?                       the account
--   account_type       text?                       asset, liability, revenue or contra_revenue
--   customer_id        text?                       the customer
--   contract_id        text?                       the contract
--   product_id         text?                       the product
--   balance_id         text?                       the commit concerned
--   invoice_id         text?                       the invoice
--   currency           text                        currency of the amounts
--   exact_amount       decimal(38, 18) [currency]  debited, or less than 0 credited
--   posted_amount      decimal(38, 18) [currency]  the same in whole minor units
--   corrects_month     date?                       first day of the closed month that it corrects; null where it corrects none
--   corrects_entry_id  text?                       the entry of that month that it corrects
with
measured as (
    select
        *,
        coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as exact_amount,
        currency_digits(currency) as digits
    from int_journal_corrected
    where currency_digits(currency) is not null
),

summed as (
    select
        *,
        money_sum(exact_amount) over (
            partition by customer_id, contract_id, product_id, account_name, currency
            order by month, entry_id, line_number
            rows between unbounded preceding and current row
        ) as exact_to_date
    from measured
),

final as (
    select
        month,
        entry_id,
        line_number,
        event,
        account_name,
        account_type,
        customer_id,
        contract_id,
        product_id,
        balance_id,
        invoice_id,
        currency,
        exact_amount,
        money_round(exact_to_date, digits) - money_round(exact_to_date - exact_amount, digits) as posted_amount,
        corrects_month,
        corrects_entry_id
    from summed
)

select * from final
