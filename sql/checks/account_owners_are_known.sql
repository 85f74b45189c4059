-- Accounts of `[accounts]` that are for a product or customer that there is none of: nothing would be posted to them.
--
-- severity block
with
accounts as (
    select * from stg_settings__own_accounts
),

owners as (
    select distinct account_key, owner, owner_name from int_accounts_owned
),

products as (
    select * from int_products_unified
),

customers as (
    select * from int_customers_unified
),

names as (
    select 'product' as owner, product_name as name from products where product_name is not null
    union
    select 'customer' as owner, customer_name as name from customers where customer_name is not null
),

unknown as (
    select accounts.account_key, accounts.owner, accounts.owner_name
    from accounts
    left join owners
        on accounts.account_key = owners.account_key
        and accounts.owner = owners.owner
        and accounts.owner_name = owners.owner_name
    where owners.owner is null
),

compared as (
    select
        unknown.*,
        names.name,
        levenshtein(lower(unknown.owner_name), lower(names.name)) as letters_apart,
        greatest(6, length(unknown.owner_name)) as letters
    from unknown
    left join names on unknown.owner = names.owner
),

final as (
    select
        account_key,
        owner,
        owner_name,
        first_value(name order by letters_apart, name) filter (where letters_apart * 3 <= letters) as did_you_mean
    from compared
    group by account_key, owner, owner_name
)

select * from final order by account_key, owner, owner_name
