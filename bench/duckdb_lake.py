"""What the DuckDB scripts share: how they connect and how they write amounts."""

import duckdb


def connect():
    """A database in memory on two threads, in UTC, with amounts written as `etl` writes them: without zeros at the end."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("set timezone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        "create macro plain(amount) as case when contains(amount::varchar, '.')"
        " then rtrim(rtrim(amount::varchar, '0'), '.') else amount::varchar end"
    )
    return connection
