-- What events name customers by, one row for each name and customer: ids and ingest aliases.
--
-- An alias that several customers list stands once for each.
--
-- grain    customer_reference, customer_id
-- columns
--   customer_reference  text     the customer's id or one of its ingest aliases
--   customer_id         text     the customer
--   is_shared           boolean  whether the name stands for more than one customer
with
api_customers as (
    select * from stg_api__customers
),

export_customers as (
    select * from stg_egress__customers
),

named as (
    select customer_id as customer_reference, customer_id from api_customers
    union
    select customer_id as customer_reference, customer_id from export_customers
    union
    -- Some databases print ids in capitals. Those of customers are in small letters by now, what events name is as it was sent.
    select upper(customer_id) as customer_reference, customer_id from export_customers
    union
    select unnest(json_elements(ingest_aliases)) as customer_reference, customer_id from api_customers
    union
    -- An alias that was changed since stays in the other channel, or in what it told before.
    select unnest(json_elements(ingest_aliases)) as customer_reference, customer_id from export_customers
),

owners as (
    select customer_reference, count(distinct customer_id) as owner_count
    from named
    group by customer_reference
),

final as (
    select
        named.customer_reference,
        named.customer_id,
        owners.owner_count > 1 as is_shared
    from named
    inner join owners on named.customer_reference = owners.customer_reference
    where named.customer_reference is not null
)

select * from final
