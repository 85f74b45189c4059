"""What Polars writes: CSV in its styles of quoting, and Parquet with its types."""

import polars as pl

from arrow_tables import always, arrow, deal, fits_doubles, fits_unit, nested
from pyarrow_cases import each
from trial import Case, write_csv

INSTANTS = pl.selectors.datetime(time_zone="*")


def csv(tables, ending=".csv", change=lambda found: found, **how):
    def write(table, folder):
        change(pl.from_arrow(arrow(table))).write_csv(folder / f"{table.name}{ending}", **how)
    return each(tables, write)


def parquet(tables, variants, **how):
    """All tables, their rows dealt out to changes of the frame: pairs of what fits and the change."""
    def write(table, folder):
        for place, (change, part) in enumerate(deal(table, variants)):
            change(pl.from_arrow(arrow(part))).write_parquet(folder / f"{table.name}_{place}.parquet", **how)
    return each(tables, write)


def categories(found):
    return found.with_columns(pl.selectors.string().cast(pl.Categorical))


def enumerations(found):
    kinds = {name: pl.Enum(found[name].drop_nulls().unique().sort().to_list())
             for name in found.columns if found[name].dtype == pl.String}
    return found.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())


def in_unit(unit, zone):
    return lambda found: found.with_columns(INSTANTS.dt.convert_time_zone(zone).dt.cast_time_unit(unit))


def naive(found):
    return found.with_columns(INSTANTS.dt.replace_time_zone(None))


def doubles(found):
    return found.with_columns(pl.selectors.decimal().cast(pl.Float64))


def small(found):
    return found.with_columns(pl.selectors.integer().cast(pl.UInt16))


def untyped(found):
    """Columns of nulls without a type."""
    return found.with_columns(pl.lit(None).alias(name) for name in found.columns if found[name].null_count() == len(found))


def structures(tables):
    """JSON as List and Struct."""
    def write(table, folder):
        pl.from_arrow(arrow(table, {"json": nested()})).write_parquet(folder / f"{table.name}.parquet", row_group_size=7)
    return each(tables, write)


def guessed(tables):
    """The vendor's CSV read with guessed types, dates among them, where doubles lose nothing."""
    def write(table, folder):
        for place, (is_guessed, part) in enumerate(deal(table, [(always, False), (fits_doubles, True)])):
            path = folder / f"{table.name}_{place}.csv"
            write_csv(path, part)
            if is_guessed and table.name != "payment":
                pl.read_csv(path, try_parse_dates=True, infer_schema_length=None).write_parquet(path.with_suffix(".parquet"))
                path.unlink()
    return each(tables, write)


def one_csv(tables, name, change=lambda found: found, **how):
    """The account with one table by Polars."""
    def write(table, folder):
        path = folder / f"{table.name}.csv"
        if table.name == name:
            change(pl.from_arrow(arrow(table))).write_csv(path, **how)
        else:
            write_csv(path, table)
    return each(tables, write)


def one_parquet(tables, name, change):
    def write(table, folder):
        if table.name == name:
            change(pl.from_arrow(arrow(table))).write_parquet(folder / f"{name}.parquet")
        else:
            write_csv(folder / f"{table.name}.csv", table)
    return each(tables, write)


def cases(tables):
    yield Case("polars: write_csv", csv(tables))
    yield Case("polars: write_csv, everything in quotes, byte order mark, Zstandard", csv(
        tables, ".csv.zst", quote_style="always", include_bom=True, compression="zstd"))
    yield Case("polars: write_csv, quotes around text, CRLF, zones and exponents", csv(
        tables, change=lambda found: found.with_columns(
            INSTANTS.dt.convert_time_zone("Asia/Kathmandu") if found.height != 8 else pl.all()),
        quote_style="non_numeric", line_terminator="\r\n", null_value="\\N", datetime_format="%Y-%m-%dT%H:%M:%S%.f%:z"))
    yield Case("polars: write_parquet, Categorical, Enum, Decimal, Datetime in all units", parquet(tables, [
        (always, lambda found: found), (always, categories), (always, enumerations), (always, naive), (always, untyped),
        (always, small), (fits_doubles, doubles), (fits_unit(10 ** 9), in_unit("ns", "Europe/Berlin")),
        (fits_unit(1000), in_unit("ms", "America/St_Johns")), (always, in_unit("us", "UTC")),
        (always, lambda found: found.with_columns(pl.lit(2 ** 100, pl.Int128).alias("x_wide"), pl.lit(b"\xff").alias("x_bytes")))]))
    yield Case("polars: write_parquet, List and Struct", structures(tables))
    yield Case("polars: CSV with guessed types as Parquet", guessed(tables))

    yield Case("polars: \\N in quotes, which is text", one_csv(tables, "invoice", quote_style="always", null_value="\\N"),
               ("column `contract_id`, value \"\\\\N\"", "a word in the place of null"))
    yield Case("polars: no quotes", one_csv(tables, "events", quote_style="never"), ("quote inside an unquoted field",))
    yield Case("polars: apostrophes for quotes", one_csv(tables, "events", quote_char="'"), ("quote inside an unquoted field",))
    yield Case("polars: semicolons", one_csv(tables, "invoice", separator=";"), ("separated by semicolons, expected commas",))
    yield Case("polars: decimal commas", one_csv(tables, "invoice", decimal_comma=True, quote_style="always"),
               ("column `total`", "expected a decimal with a point and not a comma"))
    yield Case("polars: days first", one_csv(tables, "invoice", datetime_format="%d.%m.%Y %H:%M:%S"),
               ("expected the year first, like 2024-01-31",))
    yield Case("polars: no header", one_csv(tables, "product", include_header=False), ("is the header missing?",))
    yield Case("polars: amounts in single precision", one_parquet(tables, "line_item", lambda found: found.with_columns(
        pl.col("total").cast(pl.Float32))), ("column `total`", "a number of single precision"))
    yield Case("polars: integers of 128 bits", one_parquet(tables, "plan_charge", lambda found: found.with_columns(
        pl.col("start_period").cast(pl.Int128))), ("column `start_period`", "expected an integer"))
    yield Case("polars: amounts as NaN", one_parquet(tables, "invoice", lambda found: found.with_columns(
        pl.lit(float("nan")).alias("total"))), ("column `total`, value \"NaN\"",))
