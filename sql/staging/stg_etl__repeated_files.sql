-- Export files with the bytes of another, one row each.
--
-- grain    table_name, file
-- columns
--   table_name  text      the table, qualified
--   file        text      the file, relative to the landing folder
--   same_as     text?     the file with these bytes that is first by name
--   row_count   integer?  rows in it
select table_name, path as file, same_as, row_count from etl.repeated_files
