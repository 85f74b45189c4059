"""Tables of the account as Arrow tables, each kind of value in the type that a case asks for."""

import json
import re
import datetime as dt
from decimal import Decimal

import pyarrow as pa

import account

PLAIN = {
    "text": pa.string(),
    "json": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(38, 18),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}

# Every transfer brings these whole, and a snapshot that comes in fewer files than the one before is not complete.
SNAPSHOTS = ("draft_", "contracts_")


def arrow(table, types=None):
    """A table in Arrow. `types` has for a kind, or a column, another type or a function from its column and values to an array."""
    types = PLAIN | (types or {})
    return pa.table({column.name: array(column, table.values(column.name), types) for column in table.columns})


def array(column, values, types):
    wanted = types.get(column.name, types[column.kind])
    if not callable(wanted):
        return pa.array(values, wanted)
    made = wanted(column, values)
    return pa.array(values, PLAIN[column.kind]) if made is None else made


def deal(table, variants):
    """The rows of a table dealt out to variants, each a pair of a test whether it can hold a row and whatever writes it.

    The first variant holds everything. A table of snapshots goes to the first that holds all its rows, in turns.
    """
    if table.name.startswith(SNAPSHOTS):
        turn = sum(map(ord, table.name)) % len(variants)
        turned = variants[turn:] + variants[:turn]
        holds = next(variant for variant in turned if all(variant[0](table, row) for row in table.rows))
        return [(holds[1], table)]
    dealt = [[] for _ in variants]
    for number, row in enumerate(table.rows):
        places = [(number + step) % len(variants) for step in range(len(variants))]
        dealt[next(place for place in places if variants[place][0](table, row))].append(row)
    return [(how, table.with_rows(rows)) for (_, how), rows in zip(variants, dealt) if rows]


def of_kind(table, row, kind):
    """The values of one kind in a row, without nulls."""
    return [value for column, value in zip(table.columns, row) if column.kind == kind and value is not None]


def always(_table, _row):
    return True


def fits_doubles(table, row):
    """Whether each decimal is the shortest text of a double, which is all that a column of doubles can give back."""
    return all(Decimal(repr(float(value))) == value for value in of_kind(table, row, "decimal"))


def fits_scale(digits, scale):
    def fits(table, row):
        return all(value.as_tuple().exponent >= -scale and abs(value) < Decimal(10) ** (digits - scale)
                   for value in of_kind(table, row, "decimal"))
    return fits


def fits_unit(per_second):
    """Whether each instant is whole in a unit, and in nanoseconds not out of its years."""
    def fits(table, row):
        instants = of_kind(table, row, "timestamp")
        if per_second > 10 ** 6:
            return all(1700 < instant.year < 2250 for instant in instants)
        return all(instant.microsecond % (10 ** 6 // per_second) == 0 for instant in instants)
    return fits


def doubles(_column, values):
    return pa.array([None if value is None else float(value) for value in values], pa.float64())


def as_days(_column, values):
    """Dates where all instants are midnights."""
    if any(value and (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0) for value in values):
        return None
    return pa.array([value and value.date() for value in values], pa.date32())


def texts(_column, values):
    """Numbers and instants as text."""
    return pa.array([None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value) for value in values])


def dictionary(column, values):
    return pa.array(values, PLAIN[column.kind]).dictionary_encode()


def parsed(value):
    """The JSON of a cell, numbers with all their digits."""
    return None if value is None else json.loads(value, parse_float=Decimal, parse_int=Decimal)


def nested(change=lambda value: value, types=lambda kind: kind):
    """A column of JSON as what Arrow makes of its values: structs, lists, decimals. `change` changes values, `types` types."""
    def made(_column, cells):
        values = [change(parsed(cell)) for cell in cells]
        try:
            found = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # Members that are a number here and a text there.
            values = [as_texts(value) for value in values]
            found = pa.array(values)
        if is_empty_struct(found.type):
            return None
        return pa.array(values, retyped(found.type, types))
    return made


def retyped(kind, types):
    """A type with `types` applied to what is in it."""
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, retyped(field.type, types)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(retyped(kind.value_type, types))
    return types(kind)


def is_empty_struct(kind):
    """Whether a struct without members is in it, which Parquet has not."""
    if pa.types.is_struct(kind):
        return kind.num_fields == 0 or any(is_empty_struct(field.type) for field in kind)
    return pa.types.is_list(kind) and is_empty_struct(kind.value_type)


def as_texts(value):
    if isinstance(value, dict):
        return {name: as_texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_texts(inner) for inner in value]
    return None if value is None else str(value)


def is_flat(cells):
    """Whether the values of a column of JSON are objects of texts and numbers."""
    objects = [parsed(cell) for cell in cells if cell is not None]
    return all(isinstance(value, dict) and not any(isinstance(inner, (dict, list, type(None))) for inner in value.values())
               for value in objects)


def maps(values=pa.string()):
    """A column of JSON objects as MAP of text to text."""
    def made(_column, cells):
        if not is_flat(cells):
            return None
        pairs = [None if cell is None else list(as_texts(parsed(cell)).items()) for cell in cells]
        return pa.array(pairs, pa.map_(pa.string(), pa.string())).cast(pa.map_(pa.string(), values))
    return made


def pairs(key="key", value="value", under=None):
    """A column of JSON objects as list of structs of a key and a value, perhaps alone in a struct."""
    def made(_column, cells):
        if not is_flat(cells):
            return None
        lists = [None if cell is None else [{key: name, value: inner} for name, inner in as_texts(parsed(cell)).items()]
                 for cell in cells]
        kind = pa.list_(pa.struct([(key, pa.string()), (value, pa.string())]))
        if under is None:
            return pa.array(lists, kind)
        return pa.array([None if one is None else {under: one} for one in lists], pa.struct([(under, kind)]))
    return made


def instants(value, change=lambda instant: instant):
    """JSON with its texts that are instants as such."""
    if isinstance(value, dict):
        return {name: instants(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [instants(inner, change) for inner in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return change(dt.datetime.fromisoformat(value).astimezone(account.UTC))
    return value
