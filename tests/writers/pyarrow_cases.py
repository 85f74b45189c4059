"""What pyarrow writes, and so much of what uses it: every type of Parquet that a value can come in, and Spark's layout."""

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet as pq

from arrow_tables import (PLAIN, always, array, arrow, as_days, deal, dictionary, doubles, fits_doubles, fits_scale, fits_unit,
                          instants, maps, nested, of_kind, pairs, texts)
from trial import Case

PART = "9c2f0a31-1b2c-4d3e-8f90-0a1b2c3d4e5f"


def parquet(table, path, types=None, change=lambda found: found, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(change(arrow(table, types)), path, **how)


def each(tables, write):
    """A landing folder in which each table is written by `write`."""
    def landing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables.values():
            write(table, folder)
    return landing


def mixed(tables, variants, **how):
    """Each table in several files, its rows dealt out to types: pairs of what fits and the types."""
    def write(table, folder):
        for number, (types, part) in enumerate(deal(table, variants)):
            parquet(part, folder / f"{table.name}_{number}.parquet", types, **how)
    return each(tables, write)


def instant(unit, zone):
    return {"timestamp": lambda _, values: pa.array(values, PLAIN["timestamp"]).cast(pa.timestamp(unit, zone))}


def number(kind):
    """Integers in another type."""
    return {"integer": lambda _, values: pa.array(values, pa.int64()).cast(pa.float32()).cast(kind)
            if kind == pa.float16() else pa.array(values, pa.int64()).cast(kind)}


def truth(kind):
    """Booleans as the numbers 0 and 1."""
    def made(_, values):
        ones = [None if value is None else int(value) for value in values]
        return pa.array([None if one is None else Decimal(one) for one in ones], kind) if pa.types.is_decimal(kind) \
            else pa.array(ones, pa.int64()).cast(kind)
    return {"boolean": made}


def nulls(kind):
    """Columns without a value in another type."""
    def change(found):
        return pa.table({name: pa.nulls(len(found), kind) if found[name].null_count == len(found) else found[name]
                         for name in found.column_names})
    return change


def with_extra(turn, turns):
    """Makes a table have columns that the catalog does not know: of every type, in so many turns."""
    extra = {
        "x_struct": pa.array([{"a": 1, "b": [b"\xff", None]}]), "x_binary": pa.array([b"\xff\x00"]),
        "x_list": pa.array([[1, None]]), "x_map": pa.array([[("k", 1.5)]], pa.map_(pa.string(), pa.float64())),
        "x_decimal": pa.array([Decimal("1.50")]), "x_wide": pa.array([Decimal(10) ** 70], pa.decimal256(76, 0)),
        "x_null": pa.nulls(1), "x_nan": pa.array([float("nan")]), "x_time": pa.array([dt.time(1, 2)]),
        "x_duration": pa.array([dt.timedelta(1)]), "x_date": pa.array([dt.date(2024, 1, 1)]),
        "x_uuid": pa.array([b"0" * 16], pa.uuid()), "x_bytes": pa.array([b"abc"], pa.binary(3)),
        "x_category": pa.array(["a"]).dictionary_encode(), "x_flag": pa.array([True]),
        "x_half": pa.array([1.5], pa.float16()), "x_unsigned": pa.array([2 ** 64 - 1], pa.uint64()),
        "x_pair": pa.array([[1, 2]], pa.list_(pa.int8(), 2)), "x_view": pa.array(["v"], pa.string_view()),
    }
    names = list(extra)[turn::turns]

    def change(found):
        for name in names:
            found = found.append_column(name, pa.array(extra[name].to_pylist() * len(found), extra[name].type))
        return found.rename_columns([name.upper() for name in found.column_names]) if turn % 2 else found
    return change


def numbers(tables):
    """Amounts and counts in every type that holds them."""
    variants = [(always, {"decimal": kind}) for kind in
                (pa.decimal128(38, 18), pa.decimal256(76, 38), pa.decimal256(76, 18), texts)]
    variants += [(fits_scale(digits, scale), {"decimal": kind(digits, scale)}) for kind, digits, scale in
                 ((pa.decimal32, 9, 2), (pa.decimal64, 18, 4), (pa.decimal128, 38, 10), (pa.decimal128, 22, 16))]
    variants += [(fits_scale(18, 0), {"decimal": lambda _, values: pa.array(
        [None if value is None else int(value) for value in values], pa.int64())})]
    variants += [(fits_doubles, {"decimal": doubles})]
    variants += [(always, number(kind)) for kind in
                 (pa.int8(), pa.uint64(), pa.decimal128(38, 0), pa.float64(), pa.float32(), pa.float16(), pa.string())]
    variants += [(always, truth(kind)) for kind in
                 (pa.int8(), pa.int64(), pa.float64(), pa.float16(), pa.decimal128(1, 0), pa.string())]
    return mixed(tables, variants, store_decimal_as_integer=True)


def times(tables):
    """Instants in every unit, with and without zones, as days and as text."""
    variants = [(always, instant("us", zone)) for zone in ("UTC", None, "America/New_York", "Asia/Kathmandu", "-03:30")]
    for unit, per_second in (("s", 1), ("ms", 1000), ("ns", 10 ** 9)):
        variants += [(fits_unit(per_second), instant(unit, zone)) for zone in ("UTC", None, "Europe/Berlin")]
    variants += [(always, {"timestamp": as_days}), (always, {"timestamp": texts})]
    variants += [(always, {"snapshot_id": lambda _, values: pa.array(
        [value and dt.date.fromisoformat(value) for value in values])})]
    return mixed(tables, variants)


def words(tables):
    """Text and JSON in every type of text there is."""
    kinds = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]
    variants = [(always, {"text": kind, "json": kind}) for kind in kinds]
    variants += [(always, {"json": pa.json_()}), (always, dict.fromkeys(PLAIN, dictionary)), (always, {
        "text": lambda _, values: pa.array(values, pa.large_string()).dictionary_encode(),
        "json": lambda _, values: pa.array(values, pa.binary()).dictionary_encode()})]

    def ids(column, values):
        """UUIDs as sixteen bytes that say what they are, or as the 36 letters in a field of that size."""
        if column.name not in ("id", "invoice_id", "plan_id", "product_id"):
            return None
        try:
            sixteen = [value and bytes.fromhex(value.replace("-", "")) for value in values]
        except ValueError:
            return None
        if any(value and len(value) != 16 for value in sixteen):
            return None
        if column.name == "plan_id":
            return pa.array([value and value.encode() for value in values], pa.binary(36))
        return pa.array(sixteen, pa.uuid())
    return mixed(tables, [*variants, (always, {"text": ids})])


def without_values(tables):
    """Columns of nothing in whatever type a writer took for it."""
    kinds = [pa.null(), pa.float64(), pa.int32(), pa.bool_(), pa.date32(), pa.timestamp("ns"), pa.binary(), pa.time64("us"),
             pa.list_(pa.string()), pa.struct([("a", pa.int8())]), pa.decimal128(10, 2), pa.duration("us"), pa.float16(),
             pa.map_(pa.string(), pa.string()), pa.dictionary(pa.int8(), pa.string())]

    def write(table, folder):
        for place, (kind, part) in enumerate(deal(table, [(always, kind) for kind in kinds])):
            parquet(part, folder / f"{table.name}_{place}.parquet", change=nulls(kind))
    return each(tables, write)


def structures(tables):
    """JSON as structs, lists and maps, in all ways that maps are written."""
    of_texts = [maps(), maps(pa.large_string()), maps(pa.dictionary(pa.int32(), pa.string())), pairs(), pairs("KEY", "VALUE"),
                pairs(under="key_value")]
    wide = nested(types=lambda kind: pa.decimal256(76, 38) if pa.types.is_decimal(kind) else kind)
    variants = [(always, {"json": how}) for how in [nested(), wide, *of_texts]]
    return mixed(tables, variants)


def structures_of_instants(tables):
    """Instants inside of structs, in the types of Spark and others, with the year 9999 among them."""
    def column(kind, change=lambda value: value):
        made = nested(lambda value: instants(value, change), lambda found: kind if pa.types.is_timestamp(found) else found)
        return lambda column, cells: made(column, cells) if column.name != "properties" else None

    in_micros = [pa.timestamp("us", "UTC"), pa.timestamp("us", "America/New_York")]
    variants = [{"json": column(kind)} for kind in in_micros]
    variants += [{"json": column(pa.timestamp("us"), lambda value: value.replace(tzinfo=None))}]

    def write(table, folder):
        for place, (types, part) in enumerate(deal(table, [(always, types) for types in variants])):
            parquet(part, folder / f"{table.name}_{place}.parquet", types, use_deprecated_int96_timestamps=place > 0,
                    store_schema=place == 0)
    return each(tables, write)


def encoded(times):
    """JSON columns as JSON strings that hold the JSON."""
    def made(_column, cells):
        for _ in range(times):
            cells = [None if cell is None else json.dumps(cell) for cell in cells]
        return pa.array(cells, pa.string())
    return {"json": made}


def spark(table, folder, day=None):
    """Spark's layout: a folder for the table, parts with long names, INT96, no Arrow schema, and what it lays beside them."""
    inner = folder / table.name / (f"dt={day}" if day else "")
    for place, part in enumerate([table] if table.name.startswith(("draft_", "contracts_")) else table.parts(3)):
        name = f"part-0000{place}-{PART}-c000.snappy.parquet"
        parquet(part, inner / name, use_deprecated_int96_timestamps=True, store_schema=False, compression="snappy")
        (inner / f".{name}.crc").write_bytes(b"crc\x00")
    for name in ("_SUCCESS", "_started_4711", "._SUCCESS.crc"):
        (folder / table.name / name).write_bytes(b"")
    (folder / table.name / "_committed_4711").write_text('{"added":[],"removed":[]}')


def spark_by_days(tables):
    """The same with a folder for each day that a table of snapshots was written on."""
    def write(table, folder):
        if not table.name.startswith("contracts_"):
            spark(table, folder)
            return
        at = table.place("snapshot_id")
        for day in sorted(set(table.values("snapshot_id"))):
            spark(table.with_rows(row for row in table.rows if row[at] == day), folder, day)
    return each(tables, write)


def shapes(tables):
    """Files cut, packed and encoded in every way, with other columns beside those of the table."""
    ways = [{"row_group_size": 1}, {"row_group_size": 3, "compression": "gzip"}, {"compression": "brotli"},
            {"compression": "lz4"}, {"compression": "zstd", "data_page_version": "2.0"}, {"compression": "none"},
            {"use_dictionary": False, "data_page_size": 64}, {"version": "1.0"}, {"write_page_checksum": True},
            {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}]

    def write(table, folder):
        for place, (how, part) in enumerate(deal(table, [(always, how) for how in ways])):
            how = dict(how)
            if "column_encoding" in how:
                how["column_encoding"] = {column.name: how["column_encoding"] for column in table.columns
                                          if column.kind in ("text", "json")}
            parquet(part, folder / f"{table.name}_{place}.parquet", change=with_extra(place, len(ways)), **how)
        if not table.name.startswith(("draft_", "contracts_")):
            parquet(table.with_rows([]), folder / f"{table.name}_99.parquet")
    return each(tables, write)


def dataset(tables):
    """A folder of small files for each table, as pyarrow.dataset writes it, divided by a column that the files then lack."""
    def write(table, folder):
        names = [column.name for column in table.columns]
        by = ["environment_type"] if "environment_type" in names and all(table.values("environment_type")) else None
        few = {} if table.name.startswith(("draft_", "contracts_")) else {"max_rows_per_file": 40, "max_rows_per_group": 40}
        pyarrow.dataset.write_dataset(arrow(table), folder / table.name, format="parquet", partitioning=by,
                                      partitioning_flavor="hive" if by else None, **few)
    return each(tables, write)


def guessed(tables):
    """The vendor's CSV read with guessed types and written as Parquet, where doubles lose nothing."""
    def write(table, folder):
        for place, (is_guessed, part) in enumerate(deal(table, [(always, False), (fits_doubles, True)])):
            path = folder / f"{table.name}_{place}.csv"
            pyarrow.csv.write_csv(arrow(part), path)
            if is_guessed and table.name != "payment":
                options = pyarrow.csv.ParseOptions(newlines_in_values=True)
                pq.write_table(pyarrow.csv.read_csv(path, parse_options=options), path.with_suffix(".parquet"))
                path.unlink()
    return each(tables, write)


def one(tables, name, types=None, change=lambda found: found):
    """The account with one table in other types, the rest plain."""
    return each(tables, lambda table, folder: parquet(table, folder / f"{table.name}.parquet",
                                                      types if table.name == name else None,
                                                      change if table.name == name else lambda found: found))


def cases(tables):
    yield Case("pyarrow: numbers in every type", numbers(tables))
    yield Case("pyarrow: instants in every unit and zone", times(tables))
    yield Case("pyarrow: text in every type, categories, UUIDs", words(tables))
    yield Case("pyarrow: columns of nulls in every type", without_values(tables))
    yield Case("pyarrow: structs, lists, maps, lists of keys and values", structures(tables))
    yield Case("pyarrow: instants inside of structs, INT96 among them", structures_of_instants(tables))
    yield Case("pyarrow: JSON encoded twice and three times", mixed(tables, [(always, encoded(1)), (always, encoded(2))]))
    yield Case("pyarrow: codecs, pages, row groups, no rows, capitals, unknown columns", shapes(tables))
    yield Case("pyarrow: a dataset divided by a column", dataset(tables))
    yield Case("pyarrow: CSV with guessed types as Parquet", guessed(tables))
    yield Case("spark: parts with INT96 in folders", each(tables, spark))
    yield Case("spark: folders of days", spark_by_days(tables), baseline="days")

    def single(kind):
        return lambda _, values: pa.array([None if value is None else float(value) for value in values], kind)

    def integer_clock(_, values):
        return pc.cast(pa.array(values, PLAIN["timestamp"]), pa.int64())

    precision = "a number of single precision keeps seven digits and has lost the others: write it as a decimal or a double"
    yield Case("pyarrow: amounts in single precision", one(tables, "invoice", {"decimal": single(pa.float32())}),
               ("invoice.parquet, column `total`", precision))
    yield Case("pyarrow: amounts in single precision inside of a struct", one(tables, "contracts_commits", {"ledger": nested(
        lambda value: [{**entry, "amount": float(entry["amount"])} for entry in value],
        lambda kind: pa.float32() if pa.types.is_float64(kind) else kind)}), ("column `ledger`", precision))
    yield Case("pyarrow: NaN in an amount", one(tables, "invoice", {"total": lambda _, values: pa.array(
        [float("nan")] * len(values))}), ("column `total`, value \"NaN\": expected a decimal",))
    yield Case("pyarrow: a clock of bare integers", one(tables, "invoice", {"issued_at": integer_clock}),
               ("invoice.parquet: column `issued_at`", "Int64 cannot hold a timestamp"))
    yield Case("pyarrow: doubles for identifiers", one(tables, "invoice", {"customer_id": lambda _, values: pa.array(
        [float(place) for place, _ in enumerate(values)])}), ("column `customer_id`", "Float64 cannot hold an identifier"))
    yield Case("pyarrow: a duration for days", one(tables, "contracts_contracts", {"net_payment_terms_days": lambda _, values:
               pa.array([value and dt.timedelta(value) for value in values])}), ("Duration", "cannot hold an integer"))
    yield Case("pyarrow: amounts with more digits than the lake has", one(tables, "invoice", {"total": lambda _, values: pa.array(
        [Decimal("0.1234567890123456789")] * len(values), pa.decimal256(76, 38))}), ("at most 18 fraction digits",))
    yield Case("pyarrow: raw bytes for an identifier", one(tables, "invoice", {"id": lambda _, values: pa.array(
        [bytes.fromhex(value.replace("-", "")) for value in values], pa.binary(16))}), ("column `id`", "expected text in UTF-8"))
    yield Case("pyarrow: a map with a key twice", one(tables, "events", {"properties": lambda _, values: pa.array(
        [[("num_images", "1"), ("num_images", "2")]] * len(values), pa.map_(pa.string(), pa.string()))}),
        ("column `properties`", "every key of the map once"))
    yield Case("pyarrow: two columns told apart by capitals", one(tables, "invoice", change=lambda found: found.append_column(
        "TOTAL", found["total"]).rename_columns([name if name != "total" else "Total" for name in [*found.column_names, "TOTAL"]])),
        ("`Total` and `TOTAL` are both `total`", "capitals"))
    yield Case("pyarrow: JSON taken apart into columns", one(tables, "events", change=lambda found: found.drop_columns(
        "properties").append_column("properties.image_size", pa.nulls(len(found), pa.string()))),
        ("the column `properties` of egress.events is missing, but there is `properties.image_size`",))
