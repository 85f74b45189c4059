-- Movements of closed figures, one row each.
--
-- grain    restatement_id
-- columns
--   restatement_id     text                         the movement
--   report             text?                        the report
--   row_key            text?                        the row: its grain, a JSON object
--   customer_id        text?                        the customer, where the report names one
--   currency           text?                        currency or unit of the figure
--   figure             text?                        the column
--   month              date?                        first day of the closed month it belongs to
--   booked_month       date?                        first day of the open month the movement is booked in
--   old_amount         decimal(38, 18)? [currency]  as closed, and as restated in months closed since
--   new_amount         decimal(38, 18)? [currency]  as it would be by now
--   difference_amount  decimal(38, 18)? [currency]  new less old
--   cause              text?                        what changed in the data since, as far as it can be told
--   closed_run_id      text?                        the close that fixed the figure
--   run_id             text?                        the run that found the movement
with
restatements as (
    select * from etl.restatements
),

final as (
    select
        restatement_id,
        report,
        row_key,
        customer_id,
        currency,
        figure,
        cast(period as date) as month,
        cast(booked_month as date) as booked_month,
        old_amount,
        new_amount,
        difference_amount,
        cause,
        closed_run_id,
        run_id
    from restatements
)

select * from final
