-- Closed figures that moved: what they are booked as, what they would be by now, and the open month that takes the movement.
--
-- Rows of a closed month stay as they were closed; this is where what came later is found. A month that has been closed since
-- has taken its movements, and the next one is counted from there.
--
-- grain    restatement_id
-- period   booked_month
-- apart    old_amount, new_amount, difference_amount
-- columns
--   booked_month       date?                        first day of the open month the movement is booked in
--   month              date?                        first day of the closed month the figure belongs to
--   report             text?                        the report
--   figure             text?                        the column
--   row_key            text?                        the row: its grain, a JSON object
--   customer_id        text?                        the customer, where the report names one
--   customer_name      text?                        its name
--   currency           text?                        currency or unit of the figure
--   old_amount         decimal(38, 18)? [currency]  as closed, and as restated in months closed since; null where there was no row
--   new_amount         decimal(38, 18)? [currency]  as it would be by now; null where there is no row any more
--   difference_amount  decimal(38, 18)? [currency]  new less old
--   cause              text?                        what changed in the data since, as far as it can be told
--   closed_run_id      text?                        the close that fixed the figure
--   run_id             text?                        the run that found the movement
--   restatement_id     text                         made of report, row, figure and booked month: the same in every run
-- checks
--   difference_amount = coalesce(new_amount, 0) - coalesce(old_amount, 0)
with
restatements as (
    select * from stg_etl__restatements
),

customers as (
    select * from int_customers_unified
),

final as (
    select
        restatements.booked_month,
        restatements.month,
        restatements.report,
        restatements.figure,
        restatements.row_key,
        restatements.customer_id,
        customers.customer_name,
        restatements.currency,
        restatements.old_amount,
        restatements.new_amount,
        restatements.difference_amount,
        restatements.cause,
        restatements.closed_run_id,
        restatements.run_id,
        restatements.restatement_id
    from restatements
    left join customers on restatements.customer_id = customers.customer_id
)

select * from final order by booked_month, month, report, figure, row_key, restatement_id
