-- How new the data are: when the newest of what was delivered or asked for came.
select max(newest_at) as newest_at
from (
    select newest_at from int_data_dated
    union all
    select max(began_at) as newest_at from etl.extractions where error is null
)
