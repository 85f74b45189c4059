-- What usage and fees come to by invoice, product and period, and who pays for it: one row each. The one place where it is
-- worked out what no commit and no credit covers.
--
-- A prepaid commit or a credit covers what was applied of it, whatever the lines name: a line may name one that paid for a
-- part of it, or none where two paid. A postpaid commit covers what was applied too, or, where no line says how far, the
-- usage that names it. What it covers is billed all the same. Draws of credit grants (legacy) have no product and are left out.
--
-- grain    netted_id
-- columns
--   netted_id        text                         made of a line of it
--   is_draft         boolean                      whether the invoice is still a draft
--   is_counted       boolean                      false where the invoice's amount stands on another invoice too
--   is_consolidated  boolean                      whether the invoice repeats lines of others, on which ledgers draw
--   billed_role      text                         usage, subscription or scheduled
--   customer_id      text?                        the customer billed
--   contract_id      text?                        the contract billed
--   product_id       text?                        the product
--   invoice_id       text                         the invoice
--   is_money         boolean                      whether it is in the invoice's currency; a custom unit is no money
--   currency         text?                        currency or custom unit of the amounts
--   starting_at      timestamp?                   begin of the service period, UTC; null where it has none
--   ending_before    timestamp?                   end of it, exclusive, UTC; of usage on drafts, of the days that have passed
--   earned_before    timestamp?                   of fees on drafts, end of the days of it that have passed, exclusive, UTC
--   booked_at        timestamp?                   when it is billed, UTC
--   booked_month     date?                        first day of the month it is billed in
--   point_month      date?                        first day of the month it counts for where it has no period
--   gross_amount     decimal(38, 18)? [currency]  at the price billed; null, like the others, where a line has no total
--   unnamed_amount   decimal(38, 18)? [currency]  of it: lines that name no commit and no credit
--   postpaid_amount  decimal(38, 18)? [currency]  of it: covered by postpaid commits, and billed
--   postpaid_balance_id  text?                    the postpaid commit that covers it
--   credit_amount    decimal(38, 18)? [currency]  of it: covered by credits, and not billed
--   open_amount      decimal(38, 18)? [currency]  of it: covered by nothing, and billed
with
lines as (
    select *
    from int_lines_classified
    where billed_role in ('usage', 'subscription', 'scheduled')
        and not (line_role = 'application' and balance_type = 'grant')
),

summed as (
    select
        'usage/' || min(line_item_key) as netted_id,
        bool_or(is_draft) as is_draft,
        bool_or(is_counted) as is_counted,
        bool_or(is_consolidated) as is_consolidated,
        billed_role,
        min(customer_id) as customer_id,
        min(contract_id) as contract_id,
        product_id,
        invoice_id,
        is_money,
        currency,
        starting_at,
        ending_before,
        min(earned_before) as earned_before,
        min(booked_at) as booked_at,
        min(booked_month) as booked_month,
        min(point_month) as point_month,
        money_total(total_amount) filter (where line_role <> 'application') as gross_amount,
        money_total(total_amount) filter (where line_role <> 'application' and balance_type is null) as unnamed_amount,
        bool_or(line_role = 'application' and balance_type = 'postpaid') as is_postpaid_applied,
        -money_total(total_amount) filter (where line_role = 'application' and balance_type = 'postpaid')
            as postpaid_applied_amount,
        money_total(total_amount) filter (where line_role <> 'application' and balance_type = 'postpaid')
            as postpaid_named_amount,
        money_total(total_amount) filter (where line_role = 'application' and balance_type <> 'postpaid')
            as applied_amount,
        -money_total(total_amount) filter (
            where line_role = 'application' and balance_type not in ('prepaid', 'postpaid')
        ) as credit_amount,
        min(case when balance_type = 'postpaid' then balance_id end) as postpaid_balance_id
    from lines
    group by billed_role, product_id, invoice_id, is_money, currency, starting_at, ending_before
),

covered as (
    select
        *,
        case when is_postpaid_applied then postpaid_applied_amount else postpaid_named_amount end as postpaid_amount
    from summed
),

final as (
    select
        netted_id,
        is_draft,
        is_counted,
        is_consolidated,
        billed_role,
        customer_id,
        contract_id,
        product_id,
        invoice_id,
        is_money,
        currency,
        starting_at,
        ending_before,
        earned_before,
        booked_at,
        booked_month,
        point_month,
        gross_amount,
        unnamed_amount,
        postpaid_amount,
        postpaid_balance_id,
        credit_amount,
        gross_amount + applied_amount - postpaid_amount as open_amount
    from covered
)

select * from final
