"""What DuckDB writes: COPY to CSV and Parquet, with its types and its guesses."""

import duckdb

from arrow_tables import always, arrow, deal, fits_doubles
from pyarrow_cases import each
from trial import Case, write_csv

UUIDS = ("invoice_id", "customer_id", "plan_id", "product_id", "credit_type_id", "billable_metric_id", "charge_id", "line_item_id")


def copy(tables, options, ending=".parquet", cast=lambda table, column: None, zone="America/New_York"):
    """All tables by COPY, columns in the types that `cast` has for them."""
    def write(table, folder):
        with duckdb.connect() as connection:
            connection.execute(f"set timezone = '{zone if table.name != 'payment' else 'UTC'}'")
            copy_table(connection, table, folder / f"{table.name}{ending}", options, cast)
    return each(tables, write)


def copy_table(connection, table, path, options, cast=lambda table, column: None):
    connection.register("found", arrow(table))
    columns = ", ".join(f'{cast(table, column) or quoted(column)} as {quoted(column)}' for column in table.columns)
    connection.execute(f"copy (select {columns} from found) to '{path}' ({options})")


def quoted(column):
    return f'"{column.name}"'


def typed(table, column):
    """DuckDB's own types: UUID, HUGEINT, ENUM, JSON, TIMESTAMP without a zone."""
    name = quoted(column)
    if column.name in UUIDS and table.name != "events" or (column.name == "id" and table.name not in ("payment",)):
        return f"cast({name} as uuid)"
    if column.name in ("environment_type", "status", "charge_type", "aggregate") and any(table.values(column.name)):
        words = sorted({value for value in table.values(column.name) if value})
        listed = ", ".join(f"'{word}'" for word in words)
        return f"cast({name} as enum({listed}))"
    return {
        "integer": f"cast({name} as hugeint)",
        "json": f"cast({name} as json)",
        "timestamp": f"{name} at time zone 'UTC'",
    }.get(column.kind)


LEDGER = '[{"type":"VARCHAR","timestamp":"TIMESTAMPTZ","amount":"DECIMAL(38,18)","segment_id":"UUID","invoice_id":"UUID","reason":"VARCHAR"}]'
SCHEDULE = ('{"credit_type_id":"UUID","credit_type_name":"VARCHAR","schedule_items":'
            '[{"id":"UUID","date":"TIMESTAMP","end_date":"TIMESTAMP_S","amount":"DECIMAL(20,4)"}]}')


def nested(_table, column):
    """MAP, LIST and STRUCT for JSON."""
    name = quoted(column)
    return {
        "properties": f"cast(cast({name} as json) as map(varchar, varchar))",
        "ingest_aliases": f"cast(cast({name} as json) as varchar[])",
        "aggregate_keys": f"cast(cast({name} as json) as varchar[])",
        "ledger": f"from_json(cast({name} as json), '{LEDGER}')",
        "access_schedule": f"from_json(cast({name} as json), '{SCHEDULE}')",
    }.get(column.name)


def map_alone(_table, column):
    return nested(_table, column) if column.name == "properties" else None


def divided(tables):
    """COPY … (PARTITION_BY …), which takes the columns out of the files: their values stand in the folders' names."""
    by = {"events": "event_type, environment_type", "invoice": "environment_type, status", "sub_line_item": "billable_metric_name",
          "plan_charge": "plan_id, start_period", "draft_line_item": "is_prorated", "line_item": "commit_id"}

    def write(table, folder):
        if table.name not in by:
            write_csv(folder / f"{table.name}.csv", table)
            return
        with duckdb.connect() as connection:
            ending = "csv" if table.name == "sub_line_item" else "parquet"
            copy_table(connection, table, folder / table.name, f"format {ending}, partition_by ({by[table.name]})")
    return each(tables, write)


def guessed(tables):
    """The vendor's CSV read with guessed types and written as Parquet, where doubles lose nothing."""
    def write(table, folder):
        with duckdb.connect() as connection:
            for place, (is_guessed, part) in enumerate(deal(table, [(always, False), (fits_doubles, True)])):
                path = folder / f"{table.name}_{place}.csv"
                write_csv(path, part)
                if is_guessed and table.name != "payment":
                    connection.execute(f"copy (from read_csv('{path}')) to '{path.with_suffix('.parquet')}'")
                    path.unlink()
    return each(tables, write)


def one(tables, name, options, cast=lambda table, column: None):
    """The account with one table as CSV by DuckDB."""
    def write(table, folder):
        path = folder / f"{table.name}.csv"
        if table.name != name:
            write_csv(path, table)
            return
        with duckdb.connect() as connection:
            copy_table(connection, table, path, f"format csv, {options}".rstrip(", "), cast)
    return each(tables, write)


def text(expression):
    return lambda _table, column: expression if column.name == "properties" else None


def cases(tables):
    yield Case("duckdb: COPY to CSV, times in New York", copy(tables, "format csv", ".csv"))
    yield Case("duckdb: COPY to CSV, quotes forced, Zstandard", copy(
        tables, "format csv, header, force_quote *, compression zstd", ".csv.zst", zone="Asia/Kolkata"))
    yield Case("duckdb: COPY to CSV, \\N, gzip, maps as text", copy(
        tables, "format csv, header, nullstr '\\N', compression gzip", ".csv.gz", map_alone))
    yield Case("duckdb: COPY to Parquet, UUID, HUGEINT, ENUM, JSON", copy(tables, "format parquet", cast=typed))
    yield Case("duckdb: COPY to Parquet, MAP, LIST, STRUCT", copy(
        tables, "format parquet, parquet_version v2, compression zstd", cast=nested))
    yield Case("duckdb: COPY divided by columns", divided(tables))
    yield Case("duckdb: CSV with guessed types as Parquet", guessed(tables))

    apostrophes = "expected a map without apostrophes around keys and values"
    value = text("map {'image_size': '1024:1024', 'num_images': '3'}")
    yield Case("duckdb: maps as text with values in apostrophes", one(tables, "events", "", value), (apostrophes,))
    yield Case("duckdb: structs as text", one(tables, "events", "", text("{'image_size': '1024x1024', 'num_images': 3}")),
               ("column `properties`", "expected every part of the map to be key=value"))
    yield Case("duckdb: lists as text", one(tables, "customer", "", lambda _, column: nested(_, column)),
               ("column `ingest_aliases`, value \"[a1_company]\"", "expected JSON"))
    yield Case("duckdb: no header", one(tables, "plan_charge", "header false"), ("is the header missing?",))
    yield Case("duckdb: a backslash before quotes", one(tables, "events", "escape '\\'"),
               ("a quote is escaped by a backslash, expected it doubled",))
    yield Case("duckdb: times with the day first", one(tables, "invoice", "timestampformat '%d/%m/%Y %H:%M'"),
               ("expected the year first, like 2024-01-31",))
    yield Case("duckdb: infinity for a time", one(tables, "invoice", "", lambda _, column:
               "cast('infinity' as timestamp)" if column.name == "issued_at" else None),
               ("column `issued_at`, value \"infinity\"", "expected a timestamp"))
