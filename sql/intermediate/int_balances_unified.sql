-- Commits and credits, one row each: the API's, or the export's where the API has told of none.
--
-- What counts units of products instead of money has `units of …` for a currency, so that it is added to nothing else.
-- As of an instant: those whose first segment began before it; what was left of them then is not told, the ledger shows it. The
-- same of the end of the month that a pack is of ($cutoff).
--
-- grain    balance_id
-- params   $as_of instant, $cutoff instant
-- columns
--   balance_id                   text                         the commit or credit, as lines name it
--   channel                      text                         api or egress: where the row comes from
--   customer_id                  text?                        the customer who may use it
--   contract_id                  text?                        the contract it was made on; null where on the customer
--   balance_type                 text?                        prepaid, postpaid or credit
--   balance_name                 text?                        its name
--   product_id                   text?                        the product it is invoiced under
--   credit_type_id               text?                        unit of the amounts as received; null where units are counted
--   currency                     text?                        currency or custom unit of the amounts, or `units of …`
--   units_per_amount             decimal(38, 18) [fraction]   currency units in one unit as received: 0.01 for USD, else 1
--   balance_amount               decimal(38, 18)? [currency]  left to use, drafts counted; what is not open counts 0
--   cost_basis                   decimal(38, 18)? [fraction]  paid for each unit granted
--   is_invoiced                  boolean                      false where it is paid for outside the vendor's invoices
--   invoice_currency             text?                        currency of its invoice schedule; null where it has none
--   units_per_invoiced           decimal(38, 18)? [fraction]  currency units in one unit of that schedule as received
--   rollover_fraction            decimal(38, 18)? [fraction]  share of the rest that moves on at renewal
--   rolled_over_from_balance_id  text?                        the commit or credit it took the rest of
--   recurring_id                 text?                        the recurring commit or credit that makes it
--   archived_at                  timestamp?                   when it was archived, UTC; api only
--   as_of                        timestamp?                   when the amounts stood so, UTC
with
api_balances as (
    select * from stg_api__balances
),

export_balances as (
    select * from stg_egress__balances
),

balances as (
    select
        balance_id,
        'api' as channel,
        customer_id,
        contract_id,
        balance_type,
        balance_name,
        product_id,
        product_name,
        applicable_product_ids,
        coalesce(access_type = 'QUANTITY', false) as is_quantity,
        credit_type_id,
        currency,
        units_per_amount,
        balance_amount,
        cost_basis,
        is_invoiced,
        invoice_currency,
        units_per_invoiced,
        rollover_fraction,
        rolled_over_from_balance_id,
        recurring_id,
        archived_at,
        received_at as as_of
    from api_balances
    union all
    select
        commit_id as balance_id,
        'egress' as channel,
        customer_id,
        contract_id,
        balance_type,
        balance_name,
        product_id,
        cast(null as varchar) as product_name,
        applicable_product_ids,
        credit_type_id is null as is_quantity,
        credit_type_id,
        currency,
        units_per_amount,
        balance_amount,
        cost_basis,
        is_invoiced,
        invoice_currency,
        units_per_invoiced,
        rollover_fraction,
        rolled_over_from_balance_id,
        recurring_id,
        cast(null as timestamp(6) with time zone) as archived_at,
        exported_at as as_of
    from export_balances
    where not exists (select 1 from api_balances)
),

products as (
    select * from int_products_unified
),

begun as (
    select balance_id
    from (
        select balance_id, starting_at from stg_api__balance_segments
        union all
        select balance_id, starting_at from stg_egress__balance_segments
    )
    group by balance_id
    having min(starting_at) < coalesce($as_of, $cutoff)
),

counted_ids as (
    select balance_id, unnest(json_elements(applicable_product_ids)) as product_id
    from balances
    where is_quantity
),

counted as (
    select distinct
        counted_ids.balance_id,
        coalesce(products.product_name, counted_ids.product_id) as counted_name
    from counted_ids
    left join products on counted_ids.product_id = products.product_id
),

units as (
    select balance_id, string_agg(counted_name, ' or ' order by counted_name) as counted_names
    from counted
    group by balance_id
),

final as (
    select
        balances.balance_id,
        balances.channel,
        balances.customer_id,
        balances.contract_id,
        balances.balance_type,
        balances.balance_name,
        balances.product_id,
        balances.credit_type_id,
        case
            when balances.is_quantity
                then 'units of ' || coalesce(
                    units.counted_names, balances.product_name, products.product_name, balances.balance_name, 'anything'
                )
            else balances.currency
        end as currency,
        balances.units_per_amount,
        case when coalesce($as_of, $cutoff) is null or balances.as_of <= coalesce($as_of, $cutoff) then balances.balance_amount end as balance_amount,
        balances.cost_basis,
        balances.is_invoiced,
        balances.invoice_currency,
        balances.units_per_invoiced,
        balances.rollover_fraction,
        balances.rolled_over_from_balance_id,
        balances.recurring_id,
        case
            when coalesce($as_of, $cutoff) is null or balances.archived_at < coalesce($as_of, $cutoff) then balances.archived_at
        end as archived_at,
        least(balances.as_of, $as_of, $cutoff) as as_of
    from balances
    left join units on balances.balance_id = units.balance_id
    left join products on balances.product_id = products.product_id
    where coalesce($as_of, $cutoff) is null or balances.balance_id in (select balance_id from begun)
)

select * from final
