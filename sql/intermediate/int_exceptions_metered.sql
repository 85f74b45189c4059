-- Quantities that invoices bill and raw events do not come to, one row each.
--
-- Only where events were delivered at all.
--
-- grain    code, item
-- codes
--   USAGE_WITHOUT_EVENTS  block  an invoice bills more than the events come to
--   USAGE_NOT_BILLED      warn   the events come to more than the invoice bills
--   METRIC_NOT_MAPPED     warn   it is not known what a metric counts by which quantities are billed
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
metered as (
    select * from int_metered_quantities
),

billed as (
    select * from int_billed_quantities
),

metrics as (
    select * from int_metrics_mapped
),

proposals as (
    select * from int_metrics_proposed
),

has_events as (
    select count(*) as event_group_count from int_events_counted
),

judged as (
    select
        metered.billed_id,
        metered.billed_quantity,
        metered.metered_quantity,
        metered.event_count,
        metered.unread_count,
        metered.is_shared,
        billed.customer_id,
        billed.contract_id,
        billed.invoice_id,
        billed.line_item_id,
        billed.starting_at,
        metered.billable_metric_id,
        coalesce(metrics.billable_metric_name, billed.billable_metric_id) as metric_name
    from metered
    inner join billed on metered.billed_id = billed.billed_id
    left join metrics on metered.billable_metric_id = metrics.billable_metric_id
    inner join has_events on has_events.event_group_count > 0
),

unmapped as (
    select
        billable_metric_id,
        metric_name,
        count(*) as quantity_count,
        money_total(billed_quantity) as billed_quantity
    from judged
    where metered_quantity is null
    group by billable_metric_id, metric_name
),

final as (
    select
        case when metered_quantity > billed_quantity then 'USAGE_NOT_BILLED' else 'USAGE_WITHOUT_EVENTS' end as code,
        customer_id,
        contract_id,
        invoice_id,
        line_item_id,
        cast(null as varchar) as balance_id,
        billed_id as item,
        month_of(starting_at) as month,
        'units of ' || metric_name as currency,
        metered_quantity as expected_amount,
        billed_quantity as actual_amount,
        case
            when unread_count > 0 then 'events that count give no number'
            when is_shared then 'events came under a name that several customers have'
            when metered_quantity > billed_quantity then 'usage that came after the invoice was made'
            when event_count = 0 then 'no event of it was delivered'
            else 'events are missing, or were changed since'
        end as probable_cause
    from judged
    where metered_quantity is not null and (metered_quantity is distinct from billed_quantity)
    union all
    select
        'METRIC_NOT_MAPPED' as code,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as contract_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as line_item_id,
        cast(null as varchar) as balance_id,
        unmapped.billable_metric_id as item,
        cast(null as date) as month,
        'units of ' || unmapped.metric_name as currency,
        cast(null as decimal(38, 18)) as expected_amount,
        unmapped.billed_quantity as actual_amount,
        case unmapped.quantity_count when 1 then '1 billed quantity is' else cast(unmapped.quantity_count as varchar) || ' billed quantities are' end
        || ' not compared with events; '
        || case
            when proposals.settings_line is null then 'say under [metrics] in settings what it counts'
            else 'names and sums fit this line of [metrics] in settings: ' || proposals.settings_line
        end as probable_cause
    from unmapped
    left join proposals
        on starts_with(unmapped.metric_name, proposals.name_prefix)
        and case
            when proposals.name_suffix is null then unmapped.metric_name = proposals.name_prefix
            else regexp_like(substr(unmapped.metric_name, length(proposals.name_prefix) + 1), '^\([^()]+\)')
                and ends_with(unmapped.metric_name, proposals.name_suffix)
        end
)

select * from final
