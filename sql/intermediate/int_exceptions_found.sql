-- Every break that a step of the reconciliation found, one row each.
--
-- grain    code, item
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
final as (
    select * from int_exceptions_metered
    union all
    select * from int_exceptions_invoiced
    union all
    select * from int_exceptions_balanced
    union all
    select * from int_exceptions_referred
    union all
    select * from int_exceptions_channels
    union all
    select * from int_exceptions_repeated
    union all
    select * from int_exceptions_delivered
)

select * from final
