-- Commits and credits, on contracts and on customers, one row each, of the newest complete snapshot; amounts in currency
-- units, or in units of what they count.
--
-- grain    commit_id
-- columns
--   commit_id                    text                         the commit or credit, as lines name it
--   customer_id                  text?                        the customer who may use it
--   contract_id                  text?                        the contract it was made on; null where on the customer
--   balance_type                 text?                        prepaid, postpaid or credit, in lower case
--   balance_name                 text?                        its name
--   product_id                   text?                        the product it is invoiced under
--   applicable_product_ids       text?                        JSON list of the products it pays for; null for any
--   credit_type_id               text?                        unit of the amounts as exported; null where units are counted
--   currency                     text?                        currency or custom unit of the amounts; null where units are counted
--   units_per_amount             decimal(38, 18) [fraction]   currency units in one unit as exported: 0.01 for USD, else 1
--   balance_amount               decimal(38, 18)? [currency]  left to use now; what has expired or not begun counts 0
--   cost_basis                   decimal(38, 18)? [fraction]  paid for each unit granted; newer exports only
--   is_invoiced                  boolean                      false where it is paid for outside the vendor's invoices
--   invoice_currency             text?                        currency of its invoice schedule; null where it has none
--   units_per_invoiced           decimal(38, 18)? [fraction]  currency units in one unit of that schedule as exported
--   rollover_fraction            decimal(38, 18)? [fraction]  share of the rest that moves on at renewal
--   rolled_over_from_balance_id  text?                        the commit or credit it took the rest of
--   recurring_id                 text?                        the recurring commit or credit that makes it
--   exported_at                  timestamp?                   when the snapshot was made, UTC
with
balances as (
    select * from current.contracts_balances
),

scheduled as (
    select
        *,
        json_text(access_schedule, 'credit_type_id') as credit_type_id,
        json_text(access_schedule, 'credit_type_name') as credit_type_name,
        json_text(invoice_schedule, 'credit_type_id') as invoice_credit_type_id,
        json_text(invoice_schedule, 'credit_type_name') as invoice_credit_type_name,
        coalesce(json_text(invoice_schedule, 'do_not_invoice') = 'true', false) as is_not_invoiced
    from balances
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        money_mul(case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end, 1)
            as units_per_amount
    from scheduled
),

final as (
    select
        id as commit_id,
        customer_id,
        contract_id,
        lower(type) as balance_type,
        name as balance_name,
        product_id,
        applicable_product_ids,
        credit_type_id,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        units_per_amount,
        money_mul(balance, units_per_amount) as balance_amount,
        cost_basis,
        not is_not_invoiced as is_invoiced,
        case invoice_credit_type_id
            when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD'
            else invoice_credit_type_name
        end as invoice_currency,
        money_mul(
            case
                when invoice_credit_type_id = '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01
                when invoice_credit_type_id is not null then 1.00
            end,
            1
        ) as units_per_invoiced,
        rollover_fraction,
        rolled_over_from_commit_id as rolled_over_from_balance_id,
        recurring_commit_id as recurring_id,
        real_instant(updated_at) as exported_at
    from converted
)

select * from final
