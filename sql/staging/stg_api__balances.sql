-- Commits and credits as the API lists them, one row each; amounts in currency units, or in units of what they count.
--
-- grain    balance_id
-- columns
--   balance_id                    text                         the commit or credit, as lines name it
--   customer_id                   text?                        the customer who may use it
--   contract_id                   text?                        the contract it was made on; null where on the customer
--   balance_type                  text?                        prepaid, postpaid or credit
--   balance_name                  text?                        its name
--   product_id                    text?                        the product it is invoiced under
--   product_name                  text?                        name of that product
--   applicable_product_ids        text?                        JSON list of the products it pays for; null for any
--   access_type                   text?                        SPEND, or QUANTITY: then amounts are units and no money
--   credit_type_id                text?                        unit of the amounts as received; null where QUANTITY
--   currency                      text?                        currency or custom unit of the amounts; null where QUANTITY
--   units_per_amount              decimal(38, 18) [fraction]   currency units in one unit as received: 0.01 for USD, else 1
--   balance_amount                decimal(38, 18)? [currency]  left to use now; what has expired or not begun counts 0
--   cost_basis                    decimal(38, 18)? [fraction]  paid for each unit granted
--   is_invoiced                   boolean                      false where it is paid for outside the vendor's invoices
--   invoice_currency              text?                        currency of its invoice schedule; null where it has none
--   units_per_invoiced            decimal(38, 18)? [fraction]  currency units in one unit of that schedule as received
--   rollover_fraction             decimal(38, 18)? [fraction]  share of the rest that moves on at renewal
--   rolled_over_from_balance_id   text?                        the commit or credit it took the rest of
--   recurring_id                  text?                        the recurring commit or credit that makes it
--   archived_at                   timestamp?                   when it was archived, UTC; credits do not say
--   child_access                  text?                        which contracts below may use it: ALL, NONE or CONTRACT_IDS
--   child_contract_ids            text?                        JSON list of these contracts, where some may
--   received_at                   timestamp?                   when the answer came, UTC
with
balances as (
    select * from api.balances
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        money_mul(case access_credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end, 1)
            as units_per_amount
    from balances
),

final as (
    select
        id as balance_id,
        customer_id,
        contract_id,
        lower(type) as balance_type,
        name as balance_name,
        product_id,
        product_name,
        applicable_product_ids,
        upper(access_type) as access_type,
        access_credit_type_id as credit_type_id,
        case access_credit_type_id
            when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD'
            else access_credit_type_name
        end as currency,
        units_per_amount,
        money_mul(balance, units_per_amount) as balance_amount,
        cost_basis,
        not coalesce(do_not_invoice, false) as is_invoiced,
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
        coalesce(rolled_over_from_commit_id, rolled_over_from_credit_id) as rolled_over_from_balance_id,
        coalesce(recurring_commit_id, recurring_credit_id) as recurring_id,
        real_instant(archived_at) as archived_at,
        upper(hierarchy_child_access_type) as child_access,
        hierarchy_child_access_contract_ids as child_contract_ids,
        real_instant(_transferred_at) as received_at
    from converted
)

select * from final
