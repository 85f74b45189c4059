-- Where every invoice stands, and since when what it asks for has been open.
--
-- As of the day that the data stands for, so that the same data gives the same ages. The vendor's data
-- does not tell what was paid, only what the billing provider's status was: an invoice is outstanding from its being
-- finalized until that says paid or dropped, in full where it was paid in part.
--
-- grain    invoice_id
-- params   $reporting_time_zone time_zone = UTC
-- columns
--   invoice_id               text                         the invoice
--   customer_id              text?                        the customer it bills
--   customer_name            text?                        its name
--   contract_id              text?                        the contract it bills; null on plans
--   invoice_status           text?                        DRAFT, DRAFT_INCOMPLETE (egress), FINALIZED or VOID
--   billing_provider         text?                        where it was sent
--   billing_provider_status  text?                        its status there; null until it was sent
--   payment                  text?                        of finalized ones: paid, open, failed, unsent, dropped or unknown
--   issued_date              date?                        the day it was or will be issued, in the reporting time zone
--   due_date                 date?                        that day and the contract's payment terms; null where it has none
--   as_of_date               date?                        the day that ages are counted to, in the reporting time zone; empty where no file tells when it is from
--   days_outstanding         integer?                     days since issue; null where nothing is outstanding
--   ageing_bucket            text                         not due, 1-30, 31-60, 61-90 or over 90 days past due (since issue where no terms are known), undated; or why it is not outstanding: draft, void, paid, dropped, nothing due, elsewhere
--   currency                 text?                        currency or custom unit of the amounts
--   total_amount             decimal(38, 18)? [currency]  after credits; null where a draft was not computed
--   outstanding_amount       decimal(38, 18)? [currency]  of it: finalized and not known to be paid or dropped
-- checks
--   outstanding_amount = 0 or outstanding_amount = total_amount
with
invoices as (
    select * from int_invoices_cut
),

customers as (
    select * from int_customers_unified
),

api_contracts as (
    select * from stg_api__contracts
),

export_contracts as (
    select * from stg_egress__contracts
),

newest as (
    select date_in_zone(newest_at, cast($reporting_time_zone as varchar)) as as_of_date from int_data_dated
),

payment_terms as (
    select contract_id, max(payment_terms_days) as payment_terms_days
    from (
        select contract_id, payment_terms_days from api_contracts
        union all
        select contract_id, payment_terms_days from export_contracts where not exists (select 1 from api_contracts)
    )
    group by contract_id
),

dated as (
    select
        invoices.*,
        customers.customer_name,
        date_in_zone(invoices.issued_at, cast($reporting_time_zone as varchar)) as issued_date,
        date_in_zone(invoices.issued_at, cast($reporting_time_zone as varchar)) + payment_terms.payment_terms_days as due_date,
        newest.as_of_date
    from invoices
    cross join newest
    left join customers on invoices.customer_id = customers.customer_id
    left join payment_terms on invoices.contract_id = payment_terms.contract_id
),

aged as (
    select
        *,
        as_of_date - coalesce(due_date, issued_date) as days_past,
        case
            when not is_counted then 'elsewhere'
            when invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE') then 'draft'
            when invoice_status = 'VOID' then 'void'
            when payment in ('paid', 'dropped') then payment
            when total_amount = 0 then 'nothing due'
        end as settled
    from dated
),

final as (
    select
        invoice_id,
        customer_id,
        customer_name,
        contract_id,
        invoice_status,
        billing_provider,
        billing_provider_status,
        case when invoice_status = 'FINALIZED' then payment end as payment,
        issued_date,
        due_date,
        as_of_date,
        case when settled is null then as_of_date - issued_date end as days_outstanding,
        case
            when settled is not null then settled
            when days_past is null then 'undated'
            when days_past <= 0 then 'not due'
            when days_past <= 30 then '1-30'
            when days_past <= 60 then '31-60'
            when days_past <= 90 then '61-90'
            else 'over 90'
        end as ageing_bucket,
        currency,
        total_amount,
        case when settled is null then total_amount else 0 end as outstanding_amount
    from aged
)

select * from final order by invoice_id
