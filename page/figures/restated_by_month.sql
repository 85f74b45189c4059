-- How many closed figures would be others by now, by the month they belong to.
--
-- grain    booked_month, month, report, figure
-- columns
--   booked_month  date?    first day of the open month the movements are booked in
--   month         date?    first day of the closed month
--   report        text?    the report
--   figure        text?    the column
--   figure_count  integer  figures that moved
select
    booked_month,
    month,
    report,
    figure,
    count(*) as figure_count
from restatements
group by booked_month, month, report, figure
order by booked_month desc, month desc, report, figure
