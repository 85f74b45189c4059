-- Delivered rows that do not count, one row each: as new as the one that does, and saying something else.
--
-- grain    table_name, file, row_number
-- columns
--   table_name         text?     the table, qualified
--   file               text?     the delivered file, relative to the landing folder
--   row_number         integer?  the row in the file: the first behind the header is 1
--   row_json           text?     what it says, the vendor's columns as a JSON object
--   kept_json          text?     what the row of its key says that counts
--   differing_columns  text?     the columns in which the two differ, joined by commas
with
contradictions as (
    select * from etl.contradictions
),

final as (
    select
        table_name,
        file,
        row_number,
        "row" as row_json,
        kept_row as kept_json,
        differing_columns
    from contradictions
)

select * from final
