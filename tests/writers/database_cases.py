"""The dialects of databases and warehouses, written by hand or by pyarrow as their unloading commands write them."""

import csv
import re
from decimal import Decimal

import pyarrow as pa

from arrow_tables import always, arrow, deal, fits_scale, fits_unit, pairs, parsed
from pyarrow_cases import each, instant, parquet
from trial import Case, as_text, write_csv

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def dialect(tables, name="{table}.csv", header=str, only=None, cut=lambda text: text, **how):
    """CSV with a text for each kind of value, by `how`; what is none of a kind is an argument of the writer."""
    kinds = {kind: how.pop(kind) for kind in ("text", "json", "timestamp", "decimal", "integer", "boolean", "null") if kind in how}

    def write(table, folder):
        path = folder / name.format(table=table.name)
        if only and table.name not in only:
            write_csv(folder / f"{table.name}.csv", table)
            return
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, **({"lineterminator": "\n"} | how))
            if header:
                writer.writerow(header(column.name) for column in table.columns)
            writer.writerows([said(value, column, kinds) for value, column in zip(row, table.columns)] for row in table.rows)
        path.write_bytes(cut(path.read_bytes()))
    return each(tables, write)


def said(value, column, kinds):
    if value is None:
        return kinds.get("null", "")
    return kinds.get(column.kind, as_text)(value)


def clock(pattern):
    """Instants as %Y and the like, the year in four digits."""
    return lambda value: value.strftime(pattern.replace("%Y", f"{value.year:04}"))


def iso(separator, zone, digits=6):
    def text(value):
        micros = f".{value.microsecond:06}"[: digits + 1] if digits else ""
        return f"{value.year:04}-{value:%m-%d}{separator}{value:%H:%M:%S}{micros}{zone}"
    return text


def athena_map(cell):
    """How Trino and Athena print a map of texts; other JSON stays."""
    value = parsed(cell)
    is_map = isinstance(value, dict) and value and all(isinstance(inner, (str, Decimal)) for inner in value.values())
    return "{" + ", ".join(f"{key}={inner}" for key, inner in value.items()) + "}" if is_map else cell


def capitals(cell):
    return cell.upper() if UUID.fullmatch(cell) else cell


def snowflake_parquet(tables):
    """COPY INTO … FILE_FORMAT = PARQUET: capitals, NUMBER(38, 0) for integers, NUMBER(38, 18) and doubles, times without zones."""
    whole = {"integer": pa.decimal128(38, 0), "decimal": pa.decimal128(38, 18), **instant("ms", None)}
    exact = {"integer": pa.decimal128(38, 0), "decimal": pa.decimal128(38, 18), **instant("us", None)}

    def write(table, folder):
        for types, part in deal(table, [(always, exact), (fits_unit(1000), whole)]):
            path = folder / f"data_{len(list(folder.iterdir()))}_0_0" / table.name.upper() / "part_0.snappy.parquet"
            parquet(part, path, types, lambda found: found.rename_columns([name.upper() for name in found.column_names]),
                    store_schema=False)
    return each(tables, write)


def bigquery_parquet(tables):
    """EXPORT DATA: BIGNUMERIC, NUMERIC, maps as repeated structs, a name with a number of twelve digits."""
    wide = {"decimal": pa.decimal256(76, 38), "json": pairs(), "integer": pa.int64()}
    narrow = {"decimal": pa.decimal128(38, 9), "json": pairs(under="key_value"), "integer": pa.int64()}

    def write(table, folder):
        for place, (types, part) in enumerate(deal(table, [(always, wide), (fits_scale(38, 9), narrow)])):
            parquet(part, folder / f"{table.name}-{place:012}.parquet", types, store_schema=False)
    return each(tables, write)


def cases(tables):
    yield Case("snowflake: CSV in capitals, \\N, Z behind a blank", dialect(
        tables, "{table}_0_0_0.csv", str.upper, null="\\N", timestamp=iso(" ", " Z"), decimal=lambda value: f"{value:.18f}",
        boolean=lambda value: str(value).upper()))
    yield Case("snowflake: Parquet", snowflake_parquet(tables))
    yield Case("postgres: COPY, t and f, \\N, +00", dialect(
        tables, null="\\N", timestamp=iso(" ", "+00"), boolean=lambda value: "ft"[value], integer=str))
    yield Case("sql server: UUIDs in capitals, 1 and 0, seven digits of seconds", dialect(
        tables, text=capitals, timestamp=iso(" ", "0 +00:00"), boolean=lambda value: str(int(value)), lineterminator="\r\n"),
        kept=("events.customer_id",))
    yield Case("sql server: UUIDs in braces", dialect(
        tables, only=[name for name in tables if name != "events"],
        text=lambda cell: "{" + cell.upper() + "}" if UUID.fullmatch(cell) else cell))
    yield Case("bigquery: CSV, UTC behind a blank", dialect(tables, "{table}-000000000000.csv", timestamp=iso(" ", " UTC")))
    yield Case("bigquery: Parquet, BIGNUMERIC, maps as repeated structs", bigquery_parquet(tables))
    yield Case("athena: maps as text, everything in quotes", dialect(
        tables, json=athena_map, timestamp=iso(" ", " UTC", 3), quoting=csv.QUOTE_ALL,
        only=[name for name in tables if name != "payment"]))
    yield Case("java: instants with T and Z, doubles with exponents", dialect(
        tables, timestamp=lambda value: iso("T", "Z", 6)(value).replace(":00.000000Z", "Z").replace(".000000Z", "Z"),
        decimal=lambda value: f"{value:E}"))
    yield Case("go: +0000 UTC, nanoseconds", dialect(tables, timestamp=iso(" ", "000 +0000 UTC")))

    yield Case("mysql: backslashes before quotes", dialect(
        tables, null="\\N", quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\"),
        ("a quote is escaped by a backslash, expected it doubled",))
    yield Case("mysql: SELECT … INTO OUTFILE as it is", dialect(
        tables, header=None, null="\\N", delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None),
        ("separated by tabs, expected commas",))
    yield Case("mysql: NULL in the place of nulls", dialect(tables, null="NULL", only=["invoice"]),
               ("column `contract_id`, value \"NULL\"", "a word in the place of null"))
    yield Case("mysql: days of zeros", dialect(tables, timestamp=lambda value: "0000-00-00 00:00:00", only=["invoice"]),
               ("expected a timestamp in the years 0001 to 9999",))
    yield Case("postgres: no header", dialect(tables, header=None, only=["credit_type"]), ("is the header missing?",))
    yield Case("postgres: what psql writes below its rows", dialect(tables, only=["plan"], cut=lambda text: text + b"(5 rows)\n"),
               ("\"(5 rows)\": the record has 1 field where the header has 10",))
    yield Case("oracle: months in letters", dialect(tables, timestamp=clock("%d-%b-%y %I.%M.%S.%f %p"), only=["invoice"]),
               ("column `issued_at`", "expected a timestamp like 2024-01-31"))
    yield Case("oracle: numbers with a blank before", dialect(tables, decimal=lambda value: f" {value:f}", only=["invoice"]),
               ("column `total`", "expected a number without blanks around it"))
    yield Case("hive: names with the table's before", dialect(tables, header=lambda name: f"t.{name}", only=["invoice"]),
               ("is missing, but there is `t.",))
    yield Case("hive: control characters between columns", dialect(tables, delimiter="\x01", only=["invoice"]),
               ("separated by control characters, expected commas",))
    yield Case("spark: backslashes before quotes", dialect(tables, doublequote=False, escapechar="\\", only=["events"]),
               ("a quote is escaped by a backslash, expected it doubled",))
    yield Case("javascript: names with capitals inside", dialect(tables, header=lambda name: re.sub(
        "_(.)", lambda found: found[1].upper(), name), only=["invoice"]), ("is missing, but there is `environmentType`",))
    yield Case("javascript: times as text for people", dialect(
        tables, timestamp=clock("%a %b %d %Y %H:%M:%S GMT+0000"), only=["invoice"]), ("expected a timestamp like 2024-01-31",))
    yield Case("java: ids as doubles", dialect(
        tables, text=lambda cell: "1.2345678901234567E17" if re.fullmatch("[0-9a-f]{32}", cell) else cell, only=["events"]),
        ("column `transaction_id`", "turned the identifier into a number"))
