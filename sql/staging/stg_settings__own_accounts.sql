-- Accounts that lines of one product or customer are posted to, one row each.
--
-- grain    account_key, owner, owner_name
-- columns
--   account_key   text   what the account is for
--   owner         text?  product or customer
--   owner_name    text?  its name or id
--   account_name  text?  how the account is called in the books
--   account_type  text?  asset, liability, revenue, contra_revenue or expense
with
accounts as (
    select * from settings.accounts where owner is not null
),

final as (
    select
        account_key,
        owner,
        owner_name,
        account_name,
        account_type
    from accounts
)

select * from final
