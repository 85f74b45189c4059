-- The billed quantities that proposals for metrics that are not mapped are held against: of each name template the twenty-four
-- smallest, one row each.
--
-- grain    billed_id
-- columns
--   billed_id        text                         the sub line, or invoice and product
--   name_prefix      text                         of the metric's name: what stands before the bracket, or the whole name
--   name_suffix      text?                        what stands behind it; null where the name has no bracket
--   folded_word      text?                        what stands in it, written in one way
--   aggregate        text                         count, latest, max, sum or unique
--   aggregate_key    text?                        the event property that is rolled up
--   customer_id      text?                        the customer billed
--   starting_at      timestamp?                   begin of the service period, UTC
--   ending_before    timestamp?                   end of it, exclusive, UTC
--   billed_quantity  decimal(38, 18)? [quantity]  units billed
with
mapped as (
    select * from int_metrics_mapped where mapped_by is null
),

definitions as (
    select * from stg_egress__billable_metrics
),

billed as (
    select * from int_billed_quantities where billed_quantity > 0
),

metrics as (
    select
        mapped.billable_metric_id,
        definitions.aggregate,
        json_elements(definitions.aggregate_keys)[1] as aggregate_key,
        regexp_match(mapped.billable_metric_name, '^(.*)\(([^()]+)\)([^()]*)$') as words,
        mapped.billable_metric_name as metric_name
    from mapped
    inner join definitions on mapped.billable_metric_id = definitions.billable_metric_id
    where mapped.billable_metric_name is not null
        and definitions.aggregate in ('count', 'sum', 'max', 'latest', 'unique')
),

named as (
    select
        billable_metric_id,
        aggregate,
        aggregate_key,
        coalesce(words[1], metric_name) as name_prefix,
        words[3] as name_suffix,
        replace(replace(replace(lower(words[2]), ' ', ''), '×', 'x'), '*', 'x') as folded_word
    from metrics
),

measured as (
    select
        named.*,
        billed.billed_id,
        billed.customer_id,
        billed.starting_at,
        billed.ending_before,
        billed.billed_quantity,
        row_number() over (
            partition by named.name_prefix, named.name_suffix, named.aggregate, named.aggregate_key
            order by billed.billed_quantity, billed.billed_id
        ) as place
    from named
    inner join billed on named.billable_metric_id = billed.billable_metric_id
),

final as (
    select
        billed_id, name_prefix, name_suffix, folded_word, aggregate, aggregate_key, customer_id, starting_at, ending_before,
        billed_quantity
    from measured
    where place <= 24
)

select * from final
