-- Objects that the API and the export tell differently, one row each. Both must have told of them.
--
-- Drafts are left out, as the API's are of now and the export's of a day; of balances, what is left and the ledger, too.
--
-- grain    code, item
-- codes
--   CHANNELS_DIFFER_IN_TOTAL    block  total, currency or customer of a final invoice differ
--   CHANNELS_DIFFER_IN_STATUS   warn   an invoice is void in one channel only
--   CHANNELS_DIFFER_IN_PERIOD   block  service periods of an invoice differ
--   CHANNELS_DIFFER_IN_LINES    block  lines of a product on an invoice differ
--   CHANNELS_DIFFER_IN_BALANCE  warn   type, customer, contract or cost basis of a commit or credit differ
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
api_invoices as (
    select * from stg_api__invoices where invoice_status in ('FINALIZED', 'VOID')
),

export_invoices as (
    select * from stg_egress__invoices
),

api_lines as (
    select * from stg_api__line_items
),

export_lines as (
    select * from stg_egress__line_items
),

api_balances as (
    select * from stg_api__balances
),

export_balances as (
    select * from stg_egress__balances
),

paired as (
    select
        api_invoices.invoice_id,
        api_invoices.customer_id,
        api_invoices.contract_id,
        coalesce(api_invoices.starting_at, api_invoices.issued_at) as dated_at,
        api_invoices.currency,
        api_invoices.total_amount as api_amount,
        export_invoices.total_amount as export_amount,
        api_invoices.invoice_status as api_status,
        export_invoices.invoice_status as export_status,
        export_invoices.currency as export_currency,
        export_invoices.customer_id as export_customer_id,
        (api_invoices.starting_at is distinct from export_invoices.starting_at)
        or (api_invoices.ending_before is distinct from export_invoices.ending_before) as has_other_period
    from api_invoices
    inner join export_invoices on api_invoices.invoice_id = export_invoices.invoice_id
),

api_sums as (
    select invoice_id, product_id, currency, money_sum(total_amount) as amount
    from api_lines
    where product_id is not null
    group by invoice_id, product_id, currency
),

export_sums as (
    select invoice_id, product_id, currency, money_sum(total_amount) as amount
    from export_lines
    where product_id is not null
    group by invoice_id, product_id, currency
),

export_itemized as (
    select distinct invoice_id from export_lines
),

found as (
    select
        'CHANNELS_DIFFER_IN_TOTAL' as code, customer_id, contract_id, invoice_id,
        cast(null as varchar) as balance_id, invoice_id as item, dated_at, currency, api_amount as expected_amount,
        export_amount as actual_amount,
        case
            when currency is distinct from export_currency then 'the currencies differ'
            when customer_id is distinct from export_customer_id then 'the customers differ'
            else 'a final amount may not change'
        end as probable_cause
    from paired
    where (api_amount is distinct from export_amount)
        or (currency is distinct from export_currency)
        or (customer_id is distinct from export_customer_id)
    union all
    select
        'CHANNELS_DIFFER_IN_STATUS' as code, customer_id, contract_id, invoice_id,
        cast(null as varchar) as balance_id, invoice_id as item, dated_at, currency, api_amount as expected_amount,
        export_amount as actual_amount,
        api_status || ' by the API, ' || export_status || ' in the export: one was read before the other' as probable_cause
    from paired
    where api_status is distinct from export_status
    union all
    select
        'CHANNELS_DIFFER_IN_PERIOD' as code, customer_id, contract_id, invoice_id,
        cast(null as varchar) as balance_id, invoice_id as item, dated_at, currency,
        cast(null as decimal(38, 18)) as expected_amount, export_amount as actual_amount,
        'the service periods differ' as probable_cause
    from paired
    where has_other_period
    union all
    select
        'CHANNELS_DIFFER_IN_LINES' as code, paired.customer_id, paired.contract_id,
        paired.invoice_id, cast(null as varchar) as balance_id,
        paired.invoice_id || ' ' || coalesce(api_sums.product_id, export_sums.product_id) || ' '
        || coalesce(api_sums.currency, export_sums.currency, '') as item,
        paired.dated_at, coalesce(api_sums.currency, export_sums.currency) as currency,
        api_sums.amount as expected_amount, export_sums.amount as actual_amount,
        'lines of one product differ' as probable_cause
    from api_sums
    full join export_sums
        on api_sums.invoice_id = export_sums.invoice_id
        and api_sums.product_id = export_sums.product_id
        and (api_sums.currency is not distinct from export_sums.currency)
    inner join paired on coalesce(api_sums.invoice_id, export_sums.invoice_id) = paired.invoice_id
    inner join export_itemized on paired.invoice_id = export_itemized.invoice_id
    where api_sums.amount is distinct from export_sums.amount
    union all
    select
        'CHANNELS_DIFFER_IN_BALANCE' as code, api_balances.customer_id, api_balances.contract_id,
        cast(null as varchar) as invoice_id, api_balances.balance_id, api_balances.balance_id as item,
        api_balances.received_at as dated_at, api_balances.currency,
        cast(null as decimal(38, 18)) as expected_amount, cast(null as decimal(38, 18)) as actual_amount,
        'type, customer, contract or cost basis of the commit or credit differ' as probable_cause
    from api_balances
    inner join export_balances on api_balances.balance_id = export_balances.commit_id
    where (api_balances.balance_type is distinct from export_balances.balance_type)
        or (api_balances.customer_id is distinct from export_balances.customer_id)
        or (api_balances.contract_id is distinct from export_balances.contract_id)
        or api_balances.cost_basis <> export_balances.cost_basis
),

final as (
    select
        code,
        customer_id,
        contract_id,
        invoice_id,
        cast(null as varchar) as line_item_id,
        balance_id,
        item,
        month_of(dated_at) as month,
        currency,
        expected_amount,
        actual_amount,
        probable_cause
    from found
)

select * from final
