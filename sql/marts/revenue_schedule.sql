-- Revenue recognized by contract, product, month and category.
--
-- Finalized invoices that are not void, by the days of their service period, and what lapsed of prepaid commits. Prepaid
-- drawdown and expiration are at cost basis; credits drawn are no revenue, and stand with what they paid as list amount.
-- What is in a custom unit is in no row: the line that converts it to money is.
--
-- grain    month, customer_id, contract_id, product_id, category, currency
-- period   month
-- params   $fiscal_year_start 01|02|03|04|05|06|07|08|09|10|11|12 = 01
-- columns
--   month              date                         first day of the month, UTC; of fees billed in advance also one to come
--   fiscal_period      text                         fiscal year and period of that month, such as FY2024-P03
--   customer_id        text?                        the customer
--   customer_name      text?                        its name
--   contract_id        text?                        the contract; null on plans and for commits of the customer
--   product_id         text?                        the product; of expirations and true-ups the commit's; null where none is told
--   product_name       text?                        its name
--   category           text                         on_demand, overage, prepaid_drawdown, postpaid_drawdown, credit_drawdown, …
--   currency           text?                        currency of the amounts
--   list_amount        decimal(38, 18)? [currency]  as billed or drawn, before a cost basis
--   recognized_amount  decimal(38, 18)? [currency]  revenue; null where a cost basis is not known
-- checks
--   category in ('on_demand', 'overage', 'prepaid_drawdown', 'postpaid_drawdown', 'credit_drawdown', 'expiration', 'true_up', 'subscription', 'scheduled')
--   category <> 'credit_drawdown' or recognized_amount = 0
with
revenue as (
    select * from int_revenue_recognized where not is_draft and category not in ('rolled', 'adjusted')
),

customers as (
    select * from int_customers_unified
),

products as (
    select * from int_products_unified
),

summed as (
    select
        customer_id,
        contract_id,
        product_id,
        month,
        category,
        currency,
        money_total(list_amount) as list_amount,
        money_total(recognized_amount) as recognized_amount
    from revenue
    group by customer_id, contract_id, product_id, month, category, currency
),

final as (
    select
        summed.month,
        'FY' || to_char(add_months(summed.month, (13 - cast($fiscal_year_start as bigint)) % 12), '%Y-P%m') as fiscal_period,
        summed.customer_id,
        customers.customer_name,
        summed.contract_id,
        summed.product_id,
        products.product_name,
        summed.category,
        summed.currency,
        summed.list_amount,
        summed.recognized_amount
    from summed
    left join customers on summed.customer_id = customers.customer_id
    left join products on summed.product_id = products.product_id
)

select * from final order by month, customer_id, contract_id, product_id, category, currency
