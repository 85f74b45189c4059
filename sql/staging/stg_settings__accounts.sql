-- Accounts that journal entries are posted to, one row each; those that products or customers have for themselves are apart.
--
-- grain    account_key
-- columns
--   account_key   text   what the account is for
--   account_name  text?  how it is called in the books
--   account_type  text?  asset, liability, revenue, contra_revenue or expense
with
accounts as (
    select * from settings.accounts where owner is null
),

final as (
    select
        account_key,
        account_name,
        account_type
    from accounts
)

select * from final
