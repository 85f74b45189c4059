-- Contracts of the newest complete snapshot, archived ones included, one row each.
--
-- grain    contract_id
-- columns
--   contract_id              text        the contract
--   customer_id              text?       the customer it was agreed with
--   contract_name            text?       its name
--   rate_card_id             text?       the rate card with its list prices
--   starting_at              timestamp?  when it takes effect, UTC
--   ending_before            timestamp?  when it stops, exclusive, UTC; null while open-ended
--   archived_at              timestamp?  when it was archived, UTC
--   payment_terms_days       integer?    days from issue until its invoices are due
--   is_scheduled_with_usage  boolean     whether what is billed at the end of a usage period stands on its invoice
--   metadata                 text?       JSON object of its custom fields and other details
with
contracts as (
    select * from current.contracts_contracts
),

final as (
    select
        id as contract_id,
        customer_id,
        name as contract_name,
        rate_card_id,
        real_instant(starting_at) as starting_at,
        real_instant(ending_before) as ending_before,
        real_instant(archived_at) as archived_at,
        net_payment_terms_days as payment_terms_days,
        coalesce(upper(scheduled_charges_on_usage_invoices) = 'ALL', false) as is_scheduled_with_usage,
        metadata
    from contracts
)

select * from final
