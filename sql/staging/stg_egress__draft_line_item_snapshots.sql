-- Lines of draft invoices of every snapshot that was kept, of any environment, one row each; amounts in currency units.
--
-- As of an instant: of the snapshots before it.
--
-- grain    line_item_id, snapshot_at
-- params   $as_of instant
-- columns
--   line_item_id       text                         the line
--   invoice_id         text?                        its draft
--   product_id         text?                        the product it bills; null on invoice adjustments
--   commit_id          text?                        the commit or credit it draws on
--   credit_grant_id    text?                        the credit grant it draws on (legacy)
--   subscription_id    text?                        the subscription it bills
--   line_item_name     text?                        as the invoice shows it
--   starting_at        timestamp?                   begin of its service period, UTC
--   ending_before      timestamp?                   end of its service period, exclusive, UTC
--   quantity           decimal(38, 18)? [quantity]  units billed
--   credit_type_id     text?                        unit of the amounts as exported
--   currency           text?                        currency or custom unit of the amounts
--   unit_price_amount  decimal(38, 18)? [currency]  price of one unit; null where the export has none
--   total_amount       decimal(38, 18)? [currency]  negative where a credit or commit is applied
--   snapshot_at        timestamp                    begin of the UTC day of the snapshot
with
line_items as (
    select *
    from egress.draft_line_item
    where snapshot_time is not null and ($as_of is null or snapshot_time < $as_of)
),

converted as (
    select
        *,
        -- USD alone arrives in cents. Its id is the same in every account; its name is spelled in two ways.
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 0.01 else 1.00 end as units_per_amount
    from line_items
),

final as (
    select
        id as line_item_id,
        invoice_id,
        product_id,
        commit_id,
        credit_grant_id,
        subscription_id,
        name as line_item_name,
        real_instant(starting_at) as starting_at,
        real_instant(ending_before) as ending_before,
        quantity,
        credit_type_id,
        case credit_type_id when '2714e483-4ff1-48e4-9e25-ac732e8f24f2' then 'USD' else credit_type_name end as currency,
        money_mul(unit_price, units_per_amount) as unit_price_amount,
        money_mul(total, units_per_amount) as total_amount,
        snapshot_time as snapshot_at
    from converted
)

select * from final
