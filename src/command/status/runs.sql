-- The newest run that changed something, and the newest of those that published, where that is another.
with
runs as (
    select
        *,
        row_number() over (order by run_id desc) as recency,
        row_number() over (partition by status order by run_id desc) as recency_of_status
    from etl.runs
)

select
    case when recency = 1 then 'newest' else 'newest that published' end as run,
    run_id,
    started_at,
    stage,
    status,
    environment,
    quarantined_cells
from runs
where recency = 1 or (status = 'done' and recency_of_status = 1)
order by run_id desc
