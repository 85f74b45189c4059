-- Whose a commit or credit is: the customer and contract it was first bought for, through rollovers, one row a balance.
--
-- Whichever contract is billed for it or draws on it, what is deferred of it is owed to that one.
--
-- grain    balance_id
-- columns
--   balance_id       text     the commit or credit
--   root_balance_id  text     the one first bought
--   customer_id      text?    the customer that is of
--   contract_id      text?    the contract that was made on; null where on the customer
--   is_invoiced      boolean  false where that is billed outside the vendor's invoices
with
balances as (
    select * from int_balances_valued
),

final as (
    select
        balances.balance_id, balances.root_balance_id, roots.customer_id, roots.contract_id, roots.is_invoiced
    from balances
    inner join balances as roots on balances.root_balance_id = roots.balance_id
)

select * from final
