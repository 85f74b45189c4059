-- Which months were closed, when, and which closes were undone.
--
-- grain    month, closed_at
-- columns
--   month          date        first day of the month
--   closed_at      timestamp   when it was closed, UTC
--   pack           text?       its pack
--   posted_lines   integer?    journal lines that the close posted
--   reopened_at    timestamp?  when the close was undone, UTC
--   reopen_reason  text?       why
select
    cast(period as date) as month,
    closed_at,
    pack,
    posted_lines,
    reopened_at,
    reopen_reason
from etl.closes
order by month desc, closed_at desc
