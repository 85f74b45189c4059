-- Invoices with the month they bill and the customer's name, one row each.
--
-- grain    invoice_id
-- params   $reporting_time_zone time_zone = UTC
-- columns
--   invoice_id       text                         the invoice
--   customer_id      text?                        the customer it bills
--   customer_name    text?                        its name
--   invoice_status   text?                        FINALIZED or VOID
--   plan_id          text?                        the plan it bills; null on contracts
--   plan_name        text?                        its name when the invoice was made
--   starting_at      timestamp?                   begin of the service period, UTC
--   ending_before    timestamp?                   end of the service period, exclusive, UTC
--   service_month    date?                        first day of the month in which the service period begins, UTC
--   issued_month     date?                        first day of the month in which it was issued, in the reporting time zone
--   currency         text?                        currency or custom unit of the amount
--   total_amount     decimal(38, 18)? [currency]  after credits
--   is_consolidated  boolean                      whether it repeats the lines of other invoices, as its label tells
with
invoices as (
    select * from stg_egress__invoices
),

customers as (
    select * from stg_egress__customers
),

final as (
    select
        invoices.invoice_id,
        invoices.customer_id,
        customers.customer_name,
        invoices.invoice_status,
        invoices.plan_id,
        invoices.plan_name,
        invoices.starting_at,
        invoices.ending_before,
        month_of(invoices.starting_at) as service_month,
        month_of(date_in_zone(invoices.issued_at, cast($reporting_time_zone as varchar))) as issued_month,
        invoices.currency,
        invoices.total_amount,
        coalesce(upper(invoices.invoice_label) like '%CONSOLIDATED%', false) as is_consolidated
    from invoices
    left join customers on invoices.customer_id = customers.customer_id
)

select * from final
