-- What the API had listed and did not know when it was asked for more, by its newest reads, one row each.
--
-- grain    endpoint, asked
-- columns
--   endpoint    text     the endpoint, by the name of its table
--   asked       text     what it was asked for, a JSON object
--   path        text?    path and query of the request
--   known_rows  integer  rows of it that the lake had from earlier reads
with
not_found as (
    select * from etl.not_found
),

final as (
    select
        endpoint,
        asked,
        path,
        coalesce(known_rows, 0) as known_rows
    from not_found
)

select * from final
