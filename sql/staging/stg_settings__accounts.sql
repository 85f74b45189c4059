-- Accounts that journal entries are posted to, one row each.
--
-- grain    account_key
-- columns
--   account_key   text   what the account is for
--   account_name  text?  how it is called in the books
--   account_type  text?  asset, liability, revenue, contra_revenue or expense
with
accounts as (
    select * from settings.accounts
),

final as (
    select
        account_key,
        account_name,
        account_type
    from accounts
)

select * from final
