-- Figures of finance's own books, one row each. One without an amount is withdrawn and left out.
--
-- grain    month_text, account, currency
-- columns
--   month_text  text                       the month as it was delivered
--   month       date?                      its first day; null where it is no month
--   account     text                       an account, or `report.column`, as it was delivered
--   name        text                       the same without whose it is
--   owner_id    text?                      the id of the customer, contract or commit whose it is; null where it is everybody's
--   currency    text                       currency of the amount
--   amount      decimal(38, 18) [currency]  what the books say
with
figures as (
    select * from books.figures where amount is not null
),

final as (
    select
        month as month_text,
        case
            when regexp_like(month, '^[0-9]{4}-[0-9]{2}$') then try_cast(month || '-01' as date)
            when regexp_like(month, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') then month_of(try_cast(month as date))
        end as month,
        account,
        split_part(account, ' @ ', 1) as name,
        nullif(split_part(account, ' @ ', 2), '') as owner_id,
        currency,
        amount
    from figures
)

select * from final
