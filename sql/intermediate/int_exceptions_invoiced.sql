-- Invoices that do not add up or contradict themselves, one row each: sub lines, lines, totals, periods, labels.
--
-- grain    code, item
-- params   $as_of instant, $fees_without_term when_billed|over_a_year = when_billed
-- codes
--   SUB_LINES_DIFFER_FROM_LINE    block  the sub lines of a line do not add up to it
--   LINE_DIFFERS_FROM_PRICE       block  quantity times price is not what a charge comes to
--   LINES_DIFFER_FROM_INVOICE     block  the lines of an invoice do not add up to its total
--   INVOICE_WITHOUT_LINES         block  an invoice has an amount and no line of it was delivered, or its lines were not listed
--   LINE_WITHOUT_AMOUNT           block  a line of an invoice has no total
--   PERIOD_WITHOUT_END            warn   a service period begins and does not end, or ends in a year that stands for never
--   LINE_WITHOUT_INVOICE          block  the invoice of a line was not delivered
--   LINES_NAME_MORE_THAN_APPLIED  warn   lines name a commit or credit that paid for a part of them
--   PERIOD_OF_SCHEDULED_INVOICE   warn   a purchase or true-up has a service period
--   FEE_WITHOUT_TERM              warn   a scheduled fee has no service period, and nothing tells its term
--   LABEL_DIFFERS_FROM_PERIOD     warn   an invoice is labelled otherwise than its service period tells
--   LINE_OUTSIDE_PERIOD           warn   a line covers an instant, or time that its invoice does not
--   PROVIDER_ID_OF_TWO_INVOICES   block  two invoices have one id at the billing provider
--   PROVIDER_ID_MISSING           warn   an invoice has a status at the billing provider and no id
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
invoices as (
    select * from int_invoices_unified
),

totals as (
    select * from int_invoices_totaled
),

lines as (
    select * from int_line_items_unified
),

kinds as (
    select * from int_invoices_classified
),

export_lines as (
    select * from stg_egress__line_items
),

export_invoices as (
    select * from stg_egress__invoices
),

charges as (
    select * from int_invoice_charges_priced
),

sub_sums as (
    select line_item_id, count(*) as charge_count, money_total(total_amount) as charged_amount
    from charges
    where sub_line_item_id is not null
    group by line_item_id
),

provider_ids as (
    select
        billing_provider,
        billing_provider_invoice_id,
        count(*) as invoice_count,
        string_agg(invoice_id, ', ' order by invoice_id) as invoice_ids
    from invoices
    where is_counted and billing_provider_invoice_id is not null
    group by billing_provider, billing_provider_invoice_id
),

application_sums as (
    select invoice_id, commit_id, currency, money_sum(total_amount) as named_amount
    from lines
    where commit_id is not null and is_in_total and line_type not in ('commit_purchase', 'scheduled')
    group by invoice_id, commit_id, currency
),

balances as (
    select * from int_balances_unified where balance_type in ('prepaid', 'credit')
),

fee_terms as (
    select * from int_fees_dated
),

fees as (
    select lines.line_item_key, lines.invoice_id, lines.product_id, lines.currency, lines.total_amount
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where lines.line_type = 'scheduled'
        and not lines.has_own_period
        and lines.commit_id is null
        and lines.total_amount <> 0
        and invoices.is_counted
),

found as (
    select
        'SUB_LINES_DIFFER_FROM_LINE' as code, export_lines.invoice_id, export_lines.line_item_id,
        cast(null as varchar) as balance_id, export_lines.line_item_id as item, export_lines.currency,
        sub_sums.charged_amount as expected_amount, export_lines.total_amount as actual_amount,
        'a sub line is missing or was changed' as probable_cause
    from export_lines
    inner join sub_sums on export_lines.line_item_id = sub_sums.line_item_id
    -- A double of more decimals than there is room for was rounded in each of them.
    where coalesce(
        abs(export_lines.total_amount - sub_sums.charged_amount)
        > money_mul(sub_sums.charge_count + 1, 0.000000000000000001),
        export_lines.total_amount is distinct from sub_sums.charged_amount
    )
    union all
    select
        'LINE_DIFFERS_FROM_PRICE' as code, invoice_id, line_item_id,
        cast(null as varchar) as balance_id, line_item_id || coalesce(' ' || sub_line_item_id, '') as item, currency,
        money_mul(quantity, unit_price) as expected_amount, total_amount as actual_amount,
        'the amount, the quantity or the price was changed' as probable_cause
    from charges
    -- A price that is worked out from both has 18 places.
    where abs(money_mul(quantity, unit_price) - total_amount)
        > money_mul(abs(quantity), 0.000000000000000001) + 0.000000000000000001
        or (quantity = 0 and total_amount <> 0)
    union all
    select
        'LINES_DIFFER_FROM_INVOICE' as code, invoices.invoice_id,
        cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id, invoices.invoice_id as item,
        invoices.currency, case totals.line_count when 0 then 0 else totals.lines_amount end as expected_amount,
        invoices.total_amount as actual_amount,
        'a line is missing, was changed, or went to another invoice under a repeated id' as probable_cause
    from invoices
    inner join totals on invoices.invoice_id = totals.invoice_id
    inner join (select distinct invoice_id from lines) as itemized on invoices.invoice_id = itemized.invoice_id
    where abs(invoices.total_amount - case totals.line_count when 0 then 0 else totals.lines_amount end)
        > money_mul(totals.line_count + 1, 0.000000000000000001)
        -- What changes the total of a plan's invoice besides lines and adjustments is not documented in the API.
        and not (invoices.channel = 'api' and invoices.contract_id is null)
    union all
    select
        'INVOICE_WITHOUT_LINES' as code, invoices.invoice_id, cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id, invoices.invoice_id as item, invoices.currency,
        cast(null as decimal(38, 18)) as expected_amount, invoices.total_amount as actual_amount,
        case
            when invoices.has_line_items then 'its lines were not delivered'
            else 'the API answered without a list of its lines'
        end as probable_cause
    from invoices
    inner join (select count(*) as line_count from export_lines) as delivered
        -- Where no line came at all, lines are not part of what is exported.
        on delivered.line_count > 0 or invoices.channel = 'api'
    left anti join lines on invoices.invoice_id = lines.invoice_id
    where (invoices.total_amount <> 0 or not invoices.has_line_items)
        and (invoices.channel = 'egress' or invoices.invoice_status <> 'VOID')
    union all
    select
        'LINE_WITHOUT_AMOUNT' as code, lines.invoice_id, lines.line_item_key as line_item_id,
        lines.commit_id as balance_id, lines.line_item_key as item, lines.currency,
        cast(null as decimal(38, 18)) as expected_amount, cast(null as decimal(38, 18)) as actual_amount,
        'the column is missing or empty; no figure that the line belongs to is known' as probable_cause
    from lines
    where lines.total_amount is null and lines.invoice_status <> 'VOID'
    union all
    select
        'PERIOD_WITHOUT_END' as code, invoices.invoice_id, cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id, invoices.invoice_id as item, invoices.currency,
        cast(null as decimal(38, 18)) as expected_amount, invoices.total_amount as actual_amount,
        'what it bills counts in the month that its period begins in' as probable_cause
    from invoices
    where invoices.starting_at is not null and invoices.ending_before is null and invoices.invoice_status <> 'VOID'
    union all
    select
        'LINE_WITHOUT_INVOICE' as code, export_lines.invoice_id, export_lines.line_item_id,
        cast(null as varchar) as balance_id, export_lines.line_item_id as item, export_lines.currency,
        cast(null as decimal(38, 18)) as expected_amount, export_lines.total_amount as actual_amount,
        'its invoice was not delivered' as probable_cause
    from export_lines
    inner join (select count(*) as invoice_count from export_invoices) as delivered on delivered.invoice_count > 0
    left anti join export_invoices on export_lines.invoice_id = export_invoices.invoice_id
    -- As of an instant invoices that came later are not there.
    where $as_of is null
    union all
    select
        'LINES_NAME_MORE_THAN_APPLIED' as code, application_sums.invoice_id,
        cast(null as varchar) as line_item_id, application_sums.commit_id as balance_id,
        application_sums.invoice_id || ' ' || application_sums.commit_id as item, application_sums.currency,
        money_mul(0, 0) as expected_amount, application_sums.named_amount as actual_amount,
        'lines name a commit or credit that paid for a part of them' as probable_cause
    from application_sums
    inner join balances on application_sums.commit_id = balances.balance_id
    inner join kinds on application_sums.invoice_id = kinds.invoice_id and kinds.invoice_kind = 'usage'
    where application_sums.named_amount > 0
    union all
    select
        'PERIOD_OF_SCHEDULED_INVOICE' as code, invoices.invoice_id,
        cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id, invoices.invoice_id as item,
        invoices.currency, cast(null as decimal(38, 18)) as expected_amount, invoices.total_amount as actual_amount,
        'a purchase or true-up has a service period, which says nothing of when it is earned' as probable_cause
    from invoices
    inner join kinds on invoices.invoice_id = kinds.invoice_id and kinds.is_named
    where kinds.invoice_kind <> 'usage' and invoices.starting_at is not null
    union all
    select
        'FEE_WITHOUT_TERM' as code, fees.invoice_id, fees.line_item_key as line_item_id,
        cast(null as varchar) as balance_id, fees.line_item_key as item, fees.currency,
        cast(null as decimal(38, 18)) as expected_amount, fees.total_amount as actual_amount,
        'no scheduled charge and no end of a contract tells what time it is for; revenue ' || case
            when $fees_without_term = 'over_a_year' then 'of a year from its date' else 'when it is billed' end
            as probable_cause
    from fees
    inner join fee_terms on fees.invoice_id = fee_terms.invoice_id and fees.product_id = fee_terms.product_id
    where not fee_terms.is_told
    union all
    select
        'LABEL_DIFFERS_FROM_PERIOD' as code, invoices.invoice_id,
        cast(null as varchar) as line_item_id, cast(null as varchar) as balance_id, invoices.invoice_id as item,
        invoices.currency, cast(null as decimal(38, 18)) as expected_amount, invoices.total_amount as actual_amount,
        'labelled ' || invoices.invoice_type || case
            when invoices.starting_at is null then ' and has no service period' else ' and has a service period' end
            as probable_cause
    from invoices
    where (invoices.starting_at is not null and upper(invoices.invoice_type) in ('CONTRACT_SCHEDULED', 'CONTRACT_TRUEUP'))
        or (
            invoices.starting_at is null
            and invoices.invoice_status in ('FINALIZED', 'VOID')
            and upper(invoices.invoice_type) in ('CONTRACT_USAGE', 'PLAN_ARREARS')
        )
    union all
    select
        'LINE_OUTSIDE_PERIOD' as code, lines.invoice_id, lines.line_item_key as line_item_id,
        lines.commit_id as balance_id, lines.line_item_key as item, lines.currency,
        cast(null as decimal(38, 18)) as expected_amount, lines.total_amount as actual_amount,
        case
            when lines.starting_at = lines.ending_before then 'the line covers an instant, its invoice a period'
            else 'the line covers time that its invoice does not'
        end as probable_cause
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where invoices.invoice_status in ('FINALIZED', 'VOID')
        and lines.line_type in ('usage', 'applied_commit_or_credit', 'commit_purchase')
        and invoices.starting_at is not null
        and (
            lines.starting_at < invoices.starting_at
            or lines.ending_before > invoices.ending_before
            or lines.starting_at = lines.ending_before
        )
    union all
    select
        'PROVIDER_ID_OF_TWO_INVOICES' as code, invoices.invoice_id, cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id, invoices.invoice_id as item, invoices.currency,
        cast(null as decimal(38, 18)) as expected_amount, invoices.total_amount as actual_amount,
        provider_ids.billing_provider_invoice_id || ' stands for ' || provider_ids.invoice_ids as probable_cause
    from invoices
    inner join provider_ids
        on invoices.billing_provider_invoice_id = provider_ids.billing_provider_invoice_id
        and (invoices.billing_provider is not distinct from provider_ids.billing_provider)
    where invoices.is_counted and provider_ids.invoice_count > 1
    union all
    select
        'PROVIDER_ID_MISSING' as code, invoice_id, cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id, invoice_id as item, currency,
        cast(null as decimal(38, 18)) as expected_amount, total_amount as actual_amount,
        'its status there is ' || billing_provider_status as probable_cause
    from invoices
    where is_counted and billing_provider_invoice_id is null and billing_provider_status not in ('QUEUED', 'SKIPPED')
),

final as (
    select
        found.code,
        invoices.customer_id,
        invoices.contract_id,
        found.invoice_id,
        found.line_item_id,
        found.balance_id,
        found.item,
        month_of(coalesce(invoices.starting_at, invoices.issued_at)) as month,
        found.currency,
        found.expected_amount,
        found.actual_amount,
        found.probable_cause
    from found
    left join invoices on found.invoice_id = invoices.invoice_id
)

select * from final
