-- Ids that lead nowhere or to somebody else's, one row each.
--
-- What was not delivered at all, such as contracts, is not missed.
--
-- grain    code, item
-- codes
--   BALANCE_OF_OTHER_CUSTOMER  block  a commit or credit is of another customer than its contract
--   INVOICE_OF_OTHER_CUSTOMER  block  an invoice is of another customer than its contract
--   COMMIT_OF_OTHER_CUSTOMER   block  a line names a commit or credit of another customer, which its contract may not use
--   COMMIT_UNKNOWN             block  a line names a commit or credit that was not delivered
--   CONTRACT_UNKNOWN           block  an invoice names a contract that was not delivered
--   CUSTOMER_UNKNOWN           block  an invoice names a customer that was not delivered
-- columns
--   code               text                         what is wrong
--   customer_id        text?                        the customer concerned
--   contract_id        text?                        the contract concerned
--   invoice_id         text?                        the invoice concerned
--   line_item_id       text?                        the line concerned
--   balance_id         text?                        the commit or credit concerned
--   item               text                         what tells it from others of the same code and ids
--   month              date?                        first day of the month it belongs to, UTC
--   currency           text?                        currency or unit of the amounts; `units of …` where they are quantities
--   expected_amount    decimal(38, 18)? [currency]  what should be there
--   actual_amount      decimal(38, 18)? [currency]  what is there
--   probable_cause     text                         why it may be so
with
invoices as (
    select * from int_invoices_unified
),

lines as (
    select
        lines.*,
        invoices.contract_id,
        invoices.payer_customer_id
    from int_line_items_unified as lines
    inner join int_invoices_unified as invoices on lines.invoice_id = invoices.invoice_id
    -- These repeat lines of the invoices of other customers.
    where coalesce(upper(invoices.invoice_type) not like '%CONSOLIDATED%', true)
),

balances as (
    select * from int_balances_unified
),

customers as (
    select * from int_customers_unified
),

shared as (
    select * from int_balances_shared
),

contracts as (
    select * from int_agreements_unified where agreement_type = 'contract' and agreement_id is not null
),

told as (
    select
        balance_counts.balance_count,
        contract_counts.contract_count,
        customer_counts.customer_count
    from (select count(*) as balance_count from balances) as balance_counts
    cross join (select count(*) as contract_count from contracts) as contract_counts
    cross join (select count(*) as customer_count from customers) as customer_counts
),

found as (
    select
        'BALANCE_OF_OTHER_CUSTOMER' as code, balances.customer_id, balances.contract_id,
        cast(null as varchar) as invoice_id, cast(null as varchar) as line_item_id, balances.balance_id,
        balances.balance_id as item, balances.as_of as dated_at, balances.currency,
        balances.balance_amount as actual_amount,
        'its contract is of customer ' || coalesce(contracts.customer_id, '(none)') as probable_cause
    from balances
    inner join contracts on balances.contract_id = contracts.agreement_id
    where balances.customer_id is distinct from contracts.customer_id
    union all
    select
        'INVOICE_OF_OTHER_CUSTOMER' as code, invoices.customer_id, invoices.contract_id,
        invoices.invoice_id, cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id,
        invoices.invoice_id as item, coalesce(invoices.starting_at, invoices.issued_at) as dated_at, invoices.currency,
        invoices.total_amount as actual_amount,
        'its contract is of customer ' || coalesce(contracts.customer_id, '(none)') as probable_cause
    from invoices
    inner join contracts on invoices.contract_id = contracts.agreement_id
    where invoices.customer_id is distinct from contracts.customer_id
    union all
    select
        'COMMIT_OF_OTHER_CUSTOMER' as code, lines.customer_id,
        lines.contract_id, lines.invoice_id, lines.line_item_key as line_item_id,
        balances.balance_id, lines.line_item_key as item, lines.starting_at as dated_at, lines.currency,
        lines.total_amount as actual_amount,
        'the commit or credit it names is of customer ' || coalesce(balances.customer_id, '(none)') as probable_cause
    from lines
    inner join balances on lines.commit_id = balances.balance_id
    left anti join shared on lines.commit_id = shared.balance_id and lines.contract_id = shared.contract_id
    where (lines.customer_id is distinct from balances.customer_id)
        and (lines.payer_customer_id is distinct from balances.customer_id)
    union all
    select
        'COMMIT_UNKNOWN' as code, lines.customer_id, lines.contract_id,
        lines.invoice_id, lines.line_item_key as line_item_id, lines.commit_id as balance_id,
        lines.line_item_key as item, lines.starting_at as dated_at, lines.currency, lines.total_amount as actual_amount,
        'the commit or credit it names was not delivered' as probable_cause
    from lines
    inner join told on told.balance_count > 0
    left anti join balances on lines.commit_id = balances.balance_id
    where lines.commit_id is not null
    union all
    select
        'CONTRACT_UNKNOWN' as code, invoices.customer_id, invoices.contract_id,
        invoices.invoice_id, cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id,
        invoices.invoice_id as item, coalesce(invoices.starting_at, invoices.issued_at) as dated_at, invoices.currency,
        invoices.total_amount as actual_amount, 'its contract was not delivered' as probable_cause
    from invoices
    inner join told on told.contract_count > 0
    left anti join contracts on invoices.contract_id = contracts.agreement_id
    where invoices.contract_id is not null
    union all
    select
        'CUSTOMER_UNKNOWN' as code, invoices.customer_id, invoices.contract_id,
        invoices.invoice_id, cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id,
        invoices.invoice_id as item, coalesce(invoices.starting_at, invoices.issued_at) as dated_at, invoices.currency,
        invoices.total_amount as actual_amount, 'its customer was not delivered' as probable_cause
    from invoices
    inner join told on told.customer_count > 0
    left anti join customers on invoices.customer_id = customers.customer_id
),

final as (
    select
        code,
        customer_id,
        contract_id,
        invoice_id,
        line_item_id,
        balance_id,
        item,
        month_of(dated_at) as month,
        currency,
        cast(null as decimal(38, 18)) as expected_amount,
        actual_amount,
        probable_cause
    from found
)

select * from final
