-- Products and customers that have accounts of their own, one row each and account.
--
-- grain    account_key, owner, owner_id
-- columns
--   account_key   text   what the account is for
--   owner         text?  product or customer
--   owner_id      text   its id
--   owner_name    text?  as `[accounts]` calls it: its name or id; where it is called both ways, one of them
--   account_name  text?  how the account is called in the books
with
accounts as (
    select * from stg_settings__own_accounts
),

products as (
    select * from int_products_unified
),

customers as (
    select * from int_customers_unified
),

owned as (
    select accounts.account_key, accounts.owner, accounts.owner_name, products.product_id as owner_id, accounts.account_name
    from accounts
    inner join products on accounts.owner_name = products.product_id or accounts.owner_name = products.product_name
    where accounts.owner = 'product'
    union all
    select accounts.account_key, accounts.owner, accounts.owner_name, customers.customer_id as owner_id, accounts.account_name
    from accounts
    inner join customers on accounts.owner_name = customers.customer_id or accounts.owner_name = customers.customer_name
    where accounts.owner = 'customer'
),

final as (
    select
        account_key,
        owner,
        owner_id,
        min(owner_name) as owner_name,
        min(account_name) as account_name
    from owned
    group by account_key, owner, owner_id
)

select * from final
