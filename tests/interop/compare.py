"""Each table of a lake as others read it, held to what `etl sql` says.

    compare.py BINARY PROJECT

Prints a line for each reader and ends with 1 where a count or a sum differs.
"""

import json
import subprocess
import sys
from decimal import Context, Decimal
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
from deltalake import DeltaTable

BINARY, PROJECT = sys.argv[1], Path(sys.argv[2])
LAKE = PROJECT / "lake"
# Sums of the widest decimals have 38 digits; all are exact or the comparison is none.
EXACT = Context(prec=76)


def ask(query):
    """Rows of `etl sql`, each a dictionary of texts."""
    words = [BINARY, "sql", "--config", str(PROJECT / "pipeline.toml"), "--quiet", "--format", "json", "--command", query]
    said = subprocess.run(words, check=True, text=True, capture_output=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def published():
    """The version of each table that the newest run published, by schema and name."""
    runs = DeltaTable(str(LAKE / "etl" / "runs")).to_pyarrow_table().sort_by("run_id").column("versions").to_pylist()
    return json.loads(runs[-1])


def exactly(values):
    total = Decimal(0)
    for value in values:
        if value is not None:
            total = EXACT.add(total, value)
    return total


def by_pyarrow(table, columns):
    rows = table.to_pyarrow_table()
    return rows.num_rows, [exactly(rows.column(column).to_pylist()) for column in columns]


def by_pandas(table, columns):
    # Decimals stay decimals where pandas keeps Arrow's types.
    rows = table.to_pyarrow_table().to_pandas(types_mapper=pandas.ArrowDtype)
    return len(rows), [exactly(value for value in rows[column] if not pandas.isna(value)) for column in columns]


def by_polars(table, columns):
    rows = polars.scan_delta(table).select(columns or polars.len()).collect()
    if not columns:
        return rows.item(), []
    return len(rows), [exactly(rows[column].to_list()) for column in columns]


def by_duckdb(table, columns):
    connection = duckdb.connect()
    if DELTA:
        connection.execute("load delta")
        source = f"delta_scan('{table.table_uri.removeprefix('file://')}', version => {table.version()})"
    else:
        connection.register("rows", table.to_pyarrow_dataset())
        source = "rows"
    words = ["count(*)"] + [f'coalesce(sum("{column}"), 0)' for column in columns]
    count, *sums = connection.execute(f"select {', '.join(words)} from {source}").fetchone()
    return count, [Decimal(str(value)) for value in sums]


def has_delta():
    """Whether DuckDB's extension `delta` is there, or can be fetched."""
    try:
        duckdb.connect().execute("install delta; load delta")
        return True
    except duckdb.Error as error:
        print(f"DuckDB's extension delta is not to be had, so that DuckDB reads through delta-rs: {str(error).splitlines()[0]}")
        return False


def told(name, columns):
    """What `etl sql` says of a table."""
    words = ["count(*) as counted"]
    words += [f'cast(money_sum("{column}") as varchar) as "{column}"' for column in columns]
    row = ask(f"select {', '.join(words)} from {name}")[0]
    return row["counted"], [Decimal(row[column] or 0) for column in columns]


def main():
    readers = {"pyarrow": by_pyarrow, "pandas": by_pandas, "polars": by_polars, "duckdb": by_duckdb}
    differences, compared, sums, decimals = [], dict.fromkeys(readers, 0), 0, 0
    versions = published()
    for name, version in sorted(versions.items()):
        schema, _, bare = name.partition(".")
        table = DeltaTable(str(LAKE / schema / bare), version=version)
        fields = pyarrow.schema(table.schema().to_arrow())
        columns = [field.name for field in fields if pyarrow.types.is_decimal(field.type)]
        if schema == "marts":
            name = bare
        try:
            expected = told(name, columns)
        except subprocess.CalledProcessError as error:
            differences.append(f"{name}: etl sql says {error.stderr.strip()}")
            continue
        decimals += len(columns)
        sums += sum(value != 0 for value in expected[1])
        for reader, read in readers.items():
            try:
                found = read(table, columns)
            except Exception as error:  # a reader that fails is a difference as well
                differences.append(f"{name}: {reader} fails: {type(error).__name__} {error}"[:400])
                continue
            compared[reader] += 1
            if (found[0], found[1]) != expected:
                wrong = [c for c, a, b in zip(columns, found[1], expected[1]) if a != b]
                differences.append(f"{name}: {reader} has {found[0]} rows and other sums of {wrong}, etl sql {expected[0]} rows")
    for reader, count in compared.items():
        print(f"{reader}: {count} of {len(versions)} tables")
    print(f"{decimals} decimal columns, {sums} with a sum that is not 0; {len(differences)} differences")
    print("\n".join(differences))
    return 1 if differences or not versions or not sums else 0


DELTA = has_delta()
if __name__ == "__main__":
    sys.exit(main())
