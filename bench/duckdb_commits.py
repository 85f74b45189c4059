"""The export files of commits and credits as a DuckDB script: typed, newest per key, Parquet, three reports.

usage: duckdb_commits.py LANDING LAKE ARTIFACTS
"""

import pathlib
import sys

from duckdb_lake import connect

# What tells the snapshots of a table apart; nothing where its newest rows count.
TABLES = {
    "customer": None,
    "invoice": None,
    "line_item": None,
    "draft_invoice": "snapshot_time",
    "draft_line_item": "snapshot_time",
    "contracts_contracts": "snapshot_id",
    "contracts_balances": "snapshot_id",
    "contracts_scheduled_charges": "snapshot_id",
}
AMOUNTS = ["total", "quantity", "unit_price", "balance", "cost_basis", "rollover_fraction"]
TIMES = ["updated_at", "created_at", "archived_at", "starting_at", "ending_before", "start_timestamp", "end_timestamp", "issued_at"]

LOAD = """
copy (
    select * exclude (filename)
    from read_csv({files}, header = true, filename = true, hive_partitioning = false, quote = '"', escape = '"',
                  new_line = '\\n', columns = {columns})
    qualify row_number() over (
        partition by {key}
        order by updated_at desc nulls last, regexp_extract(filename, '_([0-9]{{14}})[.]csv$', 1) desc,
            regexp_extract(filename, '([0-9]+)_[0-9]{{14}}[.]csv$', 1)::integer desc
    ) = 1
) to '{lake}/{table}.parquet' (format parquet, compression zstd)
"""


def load(connection, landing, lake):
    """The tables as Parquet and as views: every snapshot is kept, and the newest is read."""
    for table, snapshot in TABLES.items():
        files = sorted(str(path) for path in pathlib.Path(landing, "egress", table).glob("*/*.csv"))
        with open(files[0], encoding="utf-8") as file:
            names = file.readline().strip().split(",")
        columns = {name: "decimal(38, 18)" if name in AMOUNTS else "timestamp" if name in TIMES else "varchar" for name in names}
        key = f"id, {snapshot}" if snapshot else "id"
        connection.execute(LOAD.format(files=files, columns=columns, key=key, lake=lake, table=table))
        newest = f"where {snapshot} = (select max_by({snapshot}, updated_at) from '{lake}/{table}.parquet')" if snapshot else ""
        connection.execute(f"create view {table} as from '{lake}/{table}.parquet' {newest}")


def main(landing, lake, artifacts):
    """The whole run."""
    connection = connect()
    load(connection, landing, lake)
    script = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    connection.execute(script.replace("{artifacts}", artifacts))


main(*sys.argv[1:])
