"""The account that every writer writes: the sample in the box, read out of a lake, with its events cut to a few hundred.

A table of values at the ends of what the lake can hold (`payment`, which no report reads) and names that a careless reader
takes for something else are added, so that a digit, a blank or a second that is lost shows.
"""

import datetime as dt
import glob
import json
import os
from dataclasses import dataclass, replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

UTC = dt.timezone.utc
EVENTS = 300


@dataclass(frozen=True)
class Column:
    """A column of a table: text, json, timestamp, decimal, integer or boolean."""

    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    """A table with values of Python: text and JSON as str, instants in UTC, decimals without trailing zeros."""

    name: str
    columns: tuple
    rows: tuple

    def place(self, column):
        return [found.name for found in self.columns].index(column)

    def values(self, column):
        return [row[self.place(column)] for row in self.rows]

    def with_rows(self, rows):
        return replace(self, rows=tuple(rows))

    def without(self, *names):
        """The table without these columns."""
        kept = [place for place, column in enumerate(self.columns) if column.name not in names]
        return Table(self.name, tuple(self.columns[place] for place in kept),
                     tuple(tuple(row[place] for place in kept) for row in self.rows))

    def with_values(self, column, change):
        """The table with each value of a column that is not null changed."""
        at = self.place(column)
        return self.with_rows(tuple(change(value) if place == at and value is not None else value
                                    for place, value in enumerate(row)) for row in self.rows)

    def parts(self, count):
        """The rows dealt out to as many tables, so that each has some of every kind."""
        return [self.with_rows(self.rows[place::count]) for place in range(count)]


def lake_tables(lake):
    """What the heads of a lake's egress tables hold, as Arrow tables by name."""
    tables = {}
    for folder in sorted(glob.glob(f"{lake}/egress/*/")):
        files = {}
        for log in sorted(glob.glob(f"{folder}_delta_log/*.json")):
            for line in open(log, encoding="utf-8"):
                action = json.loads(line)
                if "add" in action:
                    files[action["add"]["path"]] = True
                if "remove" in action:
                    files.pop(action["remove"]["path"], None)
        if files:
            read = [pq.ParquetFile(os.path.join(folder, file)).read() for file in files]
            tables[os.path.basename(folder.rstrip("/"))] = pa.concat_tables(read)
    return tables


def kind(name, values):
    """What a column of the lake holds."""
    if pa.types.is_timestamp(values.type):
        return "timestamp"
    if pa.types.is_decimal(values.type):
        return "decimal"
    if pa.types.is_integer(values.type):
        return "integer"
    if pa.types.is_boolean(values.type):
        return "boolean"
    texts = [value for value in values.to_pylist() if value is not None]
    return "json" if texts and all(text[0] in "{[" for text in texts) else "text"


def plain(value):
    """A value as this program holds it."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return Decimal(text.rstrip("0").rstrip(".") if "." in text else text) if value else Decimal(0)
    if isinstance(value, dt.datetime):
        return value.astimezone(UTC)
    return value


def read(lake):
    """The account as a lake holds it, made small."""
    tables = {}
    for name, found in lake_tables(lake).items():
        kept = [column for column in found.column_names if column[0] != "_" or column == "_metronome_metadata_id"]
        columns = tuple(Column(column, kind(column, found[column])) for column in kept)
        values = [[plain(value) for value in found[column].to_pylist()] for column in kept]
        tables[name] = Table(name, columns, tuple(zip(*values)))
    tables["events"] = few_events(tables["events"])
    tables["customer"] = with_names(tables["customer"])
    tables["payment"] = extremes()
    return tables


def few_events(events):
    """Events of every kind, above all images of the days that the settings count."""
    kind, time = events.place("event_type"), events.place("timestamp")
    is_counted = [row[kind] == "image_modeler" and (row[time].month, row[time].day // 10) == (3, 1) for row in events.rows]
    images = [row for row, counted in zip(events.rows, is_counted) if counted][: EVENTS // 2]
    others = [row for row, counted in zip(events.rows, is_counted) if not counted]
    return events.with_rows(images + others[:: len(others) // (EVENTS // 2)])


NAMES = [
    'A "quoted", inc.', "two\nlines", "NA", "null", "None", "nan", "1e5", "007", "TRUE", "2024-01-31", "=1+1", "{}",
    "it's", "back\\slash", " blanks ", "Ünïcødé 漢字 🎉", "a;b", "tab\there", "-", "0x1F", "[1, 2]", "#N/A", "'single'",
]


def with_names(customers):
    """The last customers under names that are easily taken for something else."""
    at = customers.place("name")
    first = len(customers.rows) - len(NAMES)
    named = [row[:at] + (name,) + row[at + 1:] for row, name in zip(customers.rows[first:], NAMES)]
    return customers.with_rows(customers.rows[:first] + tuple(named))


def extremes():
    """Payments with the largest and smallest values there are. No report reads them; the lake has to hold them."""
    amounts = ["99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999",
               "0.000000000000000001", "-0.000000000000000001", "0", "9007199254740993", "0.1", "123456789012.123456789"]
    instants = [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
                dt.datetime(1970, 1, 1), dt.datetime(2024, 2, 29, 12, 34, 56, 789012), dt.datetime(1677, 9, 21),
                dt.datetime(2262, 4, 12), dt.datetime(2024, 3, 31, 2, 30)]
    gateway = json.dumps({"type": "stripe", "ids": ["ch_1", None, "é\"\\\n"], "amount": 12345678901234567890,
                          "fee": {"cents": 0.1, "rate": None}, "is_live": True, "steps": [],
                          "until": "9999-12-31T23:59:59.999999Z", "since": "0001-01-01T00:00:00Z"}, ensure_ascii=False)
    columns = [("id", "text"), ("invoice_id", "text"), ("environment_type", "text"), ("amount", "decimal"),
               ("amount_paid", "decimal"), ("status", "text"), ("error_message", "text"), ("payment_gateway", "json"),
               ("created_at", "timestamp"), ("updated_at", "timestamp")]
    rows = [(f"pay-{place}", "10000000-0000-4000-8000-00000000000%d" % place, "SANDBOX", plain(Decimal(amount)),
             None if place % 2 else plain(Decimal(amount)), "PAID", None if place == 3 else NAMES[place] + "\r\nend",
             gateway if place < 6 else None, instant.replace(tzinfo=UTC), dt.datetime(2024, 4, 1, tzinfo=UTC))
            for place, (amount, instant) in enumerate(zip(amounts, instants))]
    return Table("payment", tuple(Column(*column) for column in columns), tuple(rows))
