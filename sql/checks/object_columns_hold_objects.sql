-- Values of JSON columns of objects that are no object: custom fields would be in no report, schedules in no figure.
--
-- severity block
with
columns as (
    select 'egress.customer' as table_name, id, 'custom_fields' as column_name, custom_fields as value from current.customer
    union all
    select 'egress.invoice' as table_name, id, 'metadata' as column_name, metadata as value from current.invoice
    union all
    select 'egress.contracts_balances' as table_name, id, 'access_schedule' as column_name, access_schedule as value
    from current.contracts_balances
    union all
    select 'egress.contracts_balances' as table_name, id, 'invoice_schedule' as column_name, invoice_schedule as value
    from current.contracts_balances
    union all
    select 'egress.contracts_scheduled_charges' as table_name, id, 'schedule' as column_name, schedule as value
    from current.contracts_scheduled_charges
),

final as (
    select
        table_name,
        id,
        column_name,
        substr(value, 1, 80) as value
    from columns
    where value is not null and value <> 'null' and not starts_with(ltrim(value), '{')
)

select * from final order by table_name, id, column_name
