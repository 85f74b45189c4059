-- Amounts of the API in cents with more than 16 decimal places: as dollars they would have to be rounded.
--
-- severity block
with
amounts as (
    select 'invoice' as kind, id, total as amount from api.invoices
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'invoice subtotal' as kind, id, subtotal as amount from api.invoices
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'line' as kind, invoice_id as id, total as amount from api.invoice_line_items
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'line unit price' as kind, invoice_id as id, unit_price as amount from api.invoice_line_items
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'invoice adjustment' as kind, invoice_id as id, total as amount from api.invoice_adjustments
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'balance' as kind, id, balance as amount from api.balances
    where access_credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'segment' as kind, balance_id as id, amount from api.balance_access_schedule_items
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'ledger entry' as kind, balance_id as id, amount from api.balance_ledger_entries
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'net balance' as kind, customer_id as id, balance as amount from api.net_balances
    where credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
    union all
    select 'credit grant' as kind, id, balance_including_pending as amount from api.credit_grants
    where grant_amount_credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2'
),

final as (
    select
        kind,
        id,
        amount
    from amounts
    where money_mul(money_mul(amount, 0.01), 100) <> amount
        -- A double has 17 significant digits at most: it is approximate, and rounded at the 18th decimal.
        and length(ltrim(replace(rtrim(cast(abs(amount) as varchar), '0'), '.', ''), '0')) > 17
)

select * from final order by kind, id, amount
