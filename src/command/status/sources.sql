-- What came from where, one row for each table of files and each endpoint of the API: when the newest came, and how much there is.
select
    table_name as source,
    max(modified_at) as newest_at,
    count(*) as files,
    money_sum(row_count) as rows,
    cast(null as varchar) as error
from etl.files
where starts_with(table_name, 'egress.') or starts_with(table_name, 'books.')
group by table_name
union all
select
    'api.' || endpoint as source,
    max(began_at) filter (where error is null) as newest_at,
    count(*) as files,
    last_value(row_count order by began_at) filter (where error is null) as rows,
    last_value(error order by began_at) as error
from etl.extractions
group by endpoint
order by source
