-- Terms of scheduled fees whose lines tell no period, one row an invoice and product.
--
-- That of the date it is billed for; where nothing tells its end, policy does.
--
-- grain    invoice_id, product_id
-- params   $fees_without_term when_billed|over_a_year = when_billed
-- columns
--   invoice_id     text        the invoice
--   product_id     text        the product it bills
--   is_told        boolean     whether a scheduled charge or the contract tells its term
--   starting_at    timestamp?  begin of the term, UTC; null where the fee counts when it is billed
--   ending_before  timestamp?  end of it, exclusive, UTC
with
fees as (
    select * from int_fees_invoiced
),

terms as (
    select * from int_fees_scheduled
),

ranked as (
    select
        fees.invoice_id,
        fees.product_id,
        terms.term_day,
        terms.term_end_day,
        row_number() over (
            partition by fees.invoice_id, fees.product_id
            order by (terms.charged_amount = fees.fee_amount) desc nulls last, terms.charge_id
        ) as place
    from fees
    inner join terms on fees.contract_id = terms.contract_id and fees.product_id = terms.product_id
    -- Invoices are issued on their date or soon after it; what is issued earlier is the first.
    where (terms.day <= fees.fee_day or terms.day_before is null)
        and (fees.fee_day < terms.day_after or terms.day_after is null)
),

told as (
    select invoice_id, product_id, term_day, term_end_day from ranked where place = 1 and term_day < term_end_day
),

final as (
    select
        fees.invoice_id,
        fees.product_id,
        told.invoice_id is not null as is_told,
        cast(
            coalesce(told.term_day, case when $fees_without_term = 'over_a_year' then fees.fee_day end)
            as timestamp(6) with time zone
        ) as starting_at,
        cast(
            coalesce(told.term_end_day, case when $fees_without_term = 'over_a_year' then add_months(fees.fee_day, 12) end)
            as timestamp(6) with time zone
        ) as ending_before
    from fees
    left join told on fees.invoice_id = told.invoice_id and fees.product_id = told.product_id
)

select * from final
