-- Each customer's billing, balances and receivables, by currency.
--
-- grain    customer_id, currency
-- columns
--   customer_id              text?                        the customer; null for amounts that name none
--   customer_name            text?                        its name
--   currency                 text?                        currency or custom unit of the amounts
--   agreement_names          text?                        its contracts and plans, joined by `; `
--   finalized_invoice_count  integer                      finalized invoices
--   finalized_total_amount   decimal(38, 18)? [currency]  finalized, after credits
--   paid_amount              decimal(38, 18)? [currency]  of these: PAID at the billing provider
--   draft_total_amount       decimal(38, 18)? [currency]  drafts after credits: the current invoice balance
--   net_balance_amount       decimal(38, 18)? [currency]  left in credits, prepaid and postpaid commits, drafts counted
--   prepaid_balance_amount   decimal(38, 18)? [currency]  of these: prepaid commits
--   next_expiry_at           timestamp?                   when credit, prepaid or a grant lapses next, UTC
--   last_invoice_date        date?                        the day the newest finalized invoice was issued
select
    customer_id,
    customer_name,
    currency,
    agreement_names,
    finalized_invoice_count,
    finalized_total_amount,
    paid_amount,
    draft_total_amount,
    net_balance_amount,
    prepaid_balance_amount,
    next_expiry_at,
    last_invoice_date
from customer_summary
order by currency nulls last, finalized_total_amount desc nulls last, customer_id
