-- Names of the accounts that journal entries are posted to, one row for each name and what it is for.
--
-- grain    account_key, account_name
-- columns
--   account_key   text   what the account is for
--   account_name  text?  how it is called in the books
--   account_type  text?  asset, liability, revenue, contra_revenue or expense
with
accounts as (
    select account_key, account_name, account_type from stg_settings__accounts
    union all
    select account_key, account_name, account_type from stg_settings__own_accounts
),

final as (
    select distinct account_key, account_name, account_type from accounts
)

select * from final
