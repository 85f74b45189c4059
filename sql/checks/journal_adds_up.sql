-- Accounts of a customer of which the journal's lines of all months, those that correct closed ones among them, do not add up to
-- what is computed now.
--
-- severity block
with
posted as (
    select * from journal_entries
),

computed as (
    select * from int_journal_lines
),

amounts as (
    select
        account_name,
        customer_id,
        currency,
        coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as expected,
        cast(null as decimal(38, 18)) as found
    from computed
    union all
    select
        account_name,
        customer_id,
        currency,
        cast(null as decimal(38, 18)) as expected,
        coalesce(debit_amount, 0) - coalesce(credit_amount, 0) as found
    from posted
),

final as (
    select
        account_name,
        customer_id,
        currency,
        coalesce(money_sum(expected), 0) as expected_amount,
        coalesce(money_sum(found), 0) as found_amount
    from amounts
    group by account_name, customer_id, currency
    having coalesce(money_sum(expected), 0) <> coalesce(money_sum(found), 0)
)

select * from final order by account_name, customer_id, currency
