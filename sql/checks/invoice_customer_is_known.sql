-- The customer whose invoice was asked for, where no customer has that name: the report is empty.
--
-- params   $customer_name text
-- severity warn
with
customers as (
    select * from stg_egress__customers
),

final as (
    select $customer_name as customer_name
    where not exists (select 1 from customers where customers.customer_name = $customer_name)
)

select * from final
