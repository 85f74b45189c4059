-- Lines of invoices of both channels, one row each: of each invoice the lines of the channel that its row comes from.
--
-- Credit that the API shows beside the lines of plans (legacy) stands among them, as it does in the export. Lines of the
-- export do not tell their type: what draws on a balance is told by its sign, the purchase or true-up of a commit by its having
-- the commit's own product, or no period of its own on an invoice that bills the commit; what is paid back for one by its being
-- negative, of the commit's own product, on an invoice without a period that bills the commit or comes to less than nothing; an
-- adjustment by its having no product; a fee by a product that is fixed or that a scheduled charge of the contract bills, or by
-- the invoice's having no period. Invoices bill all of these together where a contract puts scheduled charges on usage invoices.
--
-- grain    line_item_key
-- params   $as_of instant
-- columns
--   line_item_key        text                         the line's id, or invoice and place where it has none
--   invoice_id           text                         its invoice
--   channel              text                         api or egress: where the row comes from
--   customer_id          text?                        the customer billed
--   invoice_status       text?                        DRAFT, FINALIZED or VOID
--   is_counted           boolean                      false where the invoice's amount stands on another invoice too
--   line_type            text?                        usage, scheduled, commit_purchase (true-ups too), … as the API types lines
--   line_item_name       text?                        as the invoice shows it
--   product_id           text?                        the product it bills
--   commit_id            text?                        the commit or credit it draws on, buys or trues up
--   commit_segment_id    text?                        the segment of it that is drawn; api only
--   credit_grant_id      text?                        the credit grant it draws on (legacy)
--   subscription_id      text?                        the subscription it bills
--   starting_at          timestamp?                   begin of its service period, else the invoice's, UTC
--   ending_before        timestamp?                   end of it, exclusive, UTC
--   has_own_period       boolean                      whether the line tells a period itself, and not an instant
--   quantity             decimal(38, 18)? [quantity]  units billed
--   credit_type_id       text?                        unit of the amounts as received
--   currency             text?                        currency or custom unit of the amounts
--   unit_price_amount    decimal(38, 18)? [currency]  price of one unit
--   total_amount         decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   is_application       boolean                      whether it applies a commit, a credit or a credit grant
--   is_in_total          boolean                      false where a postpaid commit is applied: such a line only informs
with
invoices as (
    select * from int_invoices_unified
),

api_lines as (
    select * from stg_api__line_items
),

adjustments as (
    select * from stg_api__invoice_adjustments
),

export_lines as (
    select * from stg_egress__line_items
),

kept_draft_lines as (
    select *, max(snapshot_at) over () as newest_snapshot_at
    from stg_egress__draft_line_item_snapshots
    where $as_of is not null and invoice_id in (select invoice_id from invoices)
),

draft_lines as (
    select line_item_id, invoice_id, product_id, commit_id, credit_grant_id, subscription_id, line_item_name, starting_at,
        ending_before, quantity, credit_type_id, currency, unit_price_amount, total_amount
    from stg_egress__draft_line_items
    where $as_of is null
    union all
    select line_item_id, invoice_id, product_id, commit_id, credit_grant_id, subscription_id, line_item_name, starting_at,
        ending_before, quantity, credit_type_id, currency, unit_price_amount, total_amount
    from kept_draft_lines
    where snapshot_at = newest_snapshot_at
),

balances as (
    select * from int_balances_unified
),

billed_commits as (
    select * from int_commits_billed
),

contracts as (
    select * from stg_egress__contracts where is_scheduled_with_usage
),

-- Products that are never billed by usage: fixed ones, and those that scheduled charges bill.
fixed_products as (
    select product_id from stg_egress__product_versions where is_fixed
    union
    select product_id from stg_egress__scheduled_charge_items
),

-- Which lines of the export only inform is worked out where they are priced.
informing as (
    select distinct line_item_id from int_invoice_charges_priced where not is_in_total
),

exported as (
    select
        export_lines.line_item_id as line_item_key,
        export_lines.invoice_id,
        false as is_draft,
        export_lines.line_item_name,
        export_lines.product_id,
        export_lines.commit_id,
        export_lines.credit_grant_id,
        export_lines.subscription_id,
        export_lines.starting_at,
        export_lines.ending_before,
        export_lines.quantity,
        export_lines.credit_type_id,
        export_lines.currency,
        export_lines.unit_price_amount,
        export_lines.total_amount,
        informing.line_item_id is null as is_in_total
    from export_lines
    left join informing on export_lines.line_item_id = informing.line_item_id
    union all
    select
        draft_lines.line_item_id as line_item_key,
        draft_lines.invoice_id,
        true as is_draft,
        draft_lines.line_item_name,
        draft_lines.product_id,
        draft_lines.commit_id,
        draft_lines.credit_grant_id,
        draft_lines.subscription_id,
        draft_lines.starting_at,
        draft_lines.ending_before,
        draft_lines.quantity,
        draft_lines.credit_type_id,
        draft_lines.currency,
        draft_lines.unit_price_amount,
        draft_lines.total_amount,
        not coalesce(balances.balance_type = 'postpaid' and draft_lines.total_amount < 0, false) as is_in_total
    from draft_lines
    left join balances on draft_lines.commit_id = balances.balance_id
),

typed as (
    select
        exported.*,
        case
            when exported.credit_grant_id is not null and exported.total_amount < 0 then 'applied_credit_grant'
            when exported.commit_id is not null
                and exported.total_amount < 0
                and not (
                    balances.balance_type in ('prepaid', 'postpaid')
                    and exported.product_id = balances.product_id
                    and invoices.starting_at is null
                    and (billed_commits.invoice_id is not null or invoices.total_amount < 0)
                )
                then 'applied_commit_or_credit'
            when exported.subscription_id is not null then 'subscription'
            when balances.balance_type in ('prepaid', 'postpaid')
                and (
                    exported.product_id = balances.product_id
                    or (
                        billed_commits.invoice_id is not null
                        and (balances.product_id is null or exported.starting_at is null)
                    )
                )
                then 'commit_purchase'
            -- Adjustments, and custom units turned into money, are of no product.
            when exported.product_id is null then 'invoice_adjustment'
            when invoices.starting_at is null
                or fixed_products.product_id is not null
                or (contracts.contract_id is not null and exported.starting_at is null)
                then 'scheduled'
            else 'usage'
        end as line_type
    from exported
    inner join invoices on exported.invoice_id = invoices.invoice_id
    left join balances on exported.commit_id = balances.balance_id
    left join billed_commits
        on exported.commit_id = billed_commits.balance_id and exported.invoice_id = billed_commits.invoice_id
    left join fixed_products on exported.commit_id is null and exported.product_id = fixed_products.product_id
    left join contracts on exported.commit_id is null and invoices.contract_id = contracts.contract_id
),

lines as (
    select
        invoice_id || '/' || cast(line_number as varchar) as line_item_key,
        invoice_id,
        'api' as channel,
        cast(null as boolean) as is_draft,
        line_type,
        line_item_name,
        product_id,
        commit_id,
        commit_segment_id,
        cast(null as varchar) as credit_grant_id,
        subscription_id,
        starting_at,
        ending_before,
        quantity,
        credit_type_id,
        currency,
        unit_price_amount,
        total_amount,
        is_in_total
    from api_lines
    union all
    select
        invoice_id || '/adjustment/' || cast(adjustment_number as varchar) as line_item_key,
        invoice_id,
        'api' as channel,
        cast(null as boolean) as is_draft,
        case when credit_grant_id is null then 'invoice_adjustment' else 'applied_credit_grant' end as line_type,
        adjustment_name as line_item_name,
        cast(null as varchar) as product_id,
        cast(null as varchar) as commit_id,
        cast(null as varchar) as commit_segment_id,
        credit_grant_id,
        cast(null as varchar) as subscription_id,
        cast(null as timestamp(6) with time zone) as starting_at,
        cast(null as timestamp(6) with time zone) as ending_before,
        cast(null as decimal(38, 18)) as quantity,
        credit_type_id,
        currency,
        cast(null as decimal(38, 18)) as unit_price_amount,
        total_amount,
        true as is_in_total
    from adjustments
    union all
    select
        line_item_key,
        invoice_id,
        'egress' as channel,
        is_draft,
        line_type,
        line_item_name,
        product_id,
        commit_id,
        cast(null as varchar) as commit_segment_id,
        credit_grant_id,
        subscription_id,
        starting_at,
        ending_before,
        quantity,
        credit_type_id,
        currency,
        unit_price_amount,
        total_amount,
        is_in_total
    from typed
),

final as (
    select
        lines.line_item_key,
        lines.invoice_id,
        lines.channel,
        invoices.customer_id,
        invoices.invoice_status,
        invoices.is_counted,
        case
            when lines.line_type is not null then lines.line_type
            when invoices.starting_at is null then 'scheduled'
            else 'usage'
        end as line_type,
        lines.line_item_name,
        lines.product_id,
        lines.commit_id,
        lines.commit_segment_id,
        lines.credit_grant_id,
        lines.subscription_id,
        coalesce(lines.starting_at, invoices.starting_at) as starting_at,
        coalesce(lines.ending_before, invoices.ending_before) as ending_before,
        lines.starting_at is distinct from lines.ending_before as has_own_period,
        lines.quantity,
        lines.credit_type_id,
        lines.currency,
        lines.unit_price_amount,
        lines.total_amount,
        coalesce(lines.line_type in ('applied_commit_or_credit', 'applied_credit_grant'), false) as is_application,
        lines.is_in_total
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id and lines.channel = invoices.channel
    -- An id that is a draft in one table of the export and final in another has lines in both.
    where lines.channel = 'api'
        or lines.is_draft = coalesce(invoices.invoice_status in ('DRAFT', 'DRAFT_INCOMPLETE'), false)
)

select * from final
