-- Names asked for in customer_name that no customer has: invoice_charges is empty of them.
--
-- params   $customer_name names = *
-- severity warn
with
customers as (
    select customer_name from stg_egress__customers where customer_name is not null
),

asked as (
    select unnest(names_of($customer_name)) as asked_name
    where not exists (select 1 from customers where customer_name = $customer_name)
),

compared as (
    select
        asked.asked_name,
        customers.customer_name,
        name_matches(customers.customer_name, asked.asked_name) as is_meant,
        levenshtein(lower(customers.customer_name), lower(asked.asked_name)) as letters_apart
    from asked
    left join customers on true
),

final as (
    select
        asked_name as customer_name,
        first_value(customer_name order by letters_apart, customer_name)
            filter (where letters_apart * 3 <= greatest(6, length(asked_name))) as did_you_mean
    from compared
    group by asked_name
    having not coalesce(bool_or(is_meant), false)
)

select * from final order by customer_name
