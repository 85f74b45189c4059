"""What pandas writes: CSV in all ways that people ask it for, and Parquet with the types it comes to by itself."""

import csv


import pandas as pd

from arrow_tables import always, arrow, deal, fits_doubles, fits_unit
from pyarrow_cases import each
from trial import Case, write_csv


def frame(table, types=None):
    """A table as pandas holds it: decimals as objects, integers with nulls as doubles, instants with a zone."""
    return arrow(table, types).to_pandas(timestamp_as_object=table.name == "payment")


def instants(found):
    return [name for name in found if str(found[name].dtype).startswith("datetime64")]


def text_csv(tables, **how):
    """All tables by to_csv. The years of payments are beyond those that pandas has instants for."""
    ending = how.pop("ending", ".csv")

    def write(table, folder):
        how_here = how if table.name != "payment" else {key: value for key, value in how.items() if key != "date_format"}
        frame(table).to_csv(folder / f"{table.name}{ending}", **how_here)
    return each(tables, write)


def parquet(tables, *changes):
    """All tables by to_parquet, their rows dealt out to changes of the frame: pairs of what fits and the change."""
    def write(table, folder):
        for place, (change, part) in enumerate(deal(table, list(changes))):
            change(frame(part)).to_parquet(folder / f"{table.name}_{place}.parquet", index=place % 2 == 1)
    return each(tables, write)


def through_doubles(tables, write_frame):
    """Tables that pandas has read from CSV by its guesses: numbers are doubles, columns of nulls too. Where doubles lose digits
    the rows stay as they are."""
    def write(table, folder):
        for place, (is_read, part) in enumerate(deal(table, [(always, False), (fits_doubles, True)])):
            path = folder / f"{table.name}_{place}.csv"
            write_csv(path, part)
            if is_read and table.name != "payment":
                found = pd.read_csv(path, keep_default_na=False, na_values=[""])
                path.unlink()
                write_frame(found, path)
    return each(tables, write)


def categories(found):
    return found.astype("category")


def in_unit(unit, zone):
    def change(found):
        return found.assign(**{name: found[name].dt.tz_convert(zone).dt.as_unit(unit) for name in instants(found)})
    return change


def naive(found):
    return found.assign(**{name: found[name].dt.tz_localize(None) for name in instants(found)})


def in_text(found):
    """What astype(str) makes of everything but nulls."""
    return found.astype(object).where(found.isna(), found.astype(object).astype(str)).where(found.notna(), None)


def one_csv(tables, name, change=lambda found: found, **how):
    """The account with one table by pandas."""
    def write(table, folder):
        if table.name == name:
            change(frame(table)).to_csv(folder / f"{name}.csv", **({"index": False} | how))
        else:
            write_csv(folder / f"{table.name}.csv", table)
    return each(tables, write)


def edited(tables, name, change):
    """The account with the text of one CSV file changed."""
    def write(table, folder):
        write_csv(folder / f"{table.name}.csv", table)
        if table.name == name:
            path = folder / f"{name}.csv"
            path.write_bytes(change(path.read_bytes()))
    return each(tables, write)


def cases(tables):
    yield Case("pandas: to_csv as it is, with the numbers of rows first", text_csv(tables))
    yield Case("pandas: to_csv QUOTE_ALL", text_csv(tables, index=False, quoting=csv.QUOTE_ALL))
    yield Case("pandas: to_csv QUOTE_NONNUMERIC, CRLF, a zone in each time", text_csv(
        tables, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n", date_format="%Y-%m-%dT%H:%M:%S.%f%z"))
    yield Case("pandas: to_csv na_rep \\N, byte order mark, gzip", text_csv(
        tables, index=False, na_rep="\\N", encoding="utf-8-sig", ending=".csv.gz"))
    yield Case("pandas: read_csv and to_csv", through_doubles(tables, lambda found, path: found.to_csv(path)))
    yield Case("pandas: read_csv and to_parquet", through_doubles(
        tables, lambda found, path: found.to_parquet(path.with_suffix(".parquet.gzip"), compression="gzip")))
    in_arrow = [(always, lambda found: found.convert_dtypes(dtype_backend="pyarrow")), (always, lambda found: found.convert_dtypes())]
    yield Case("pandas: to_parquet, categories, nullable types, zones, units", parquet(
        tables, (always, lambda found: found), (always, categories), (always, naive), (always, in_text),
        (fits_unit(10 ** 9), in_unit("ns", "Europe/Berlin")), (fits_unit(1000), in_unit("ms", "America/New_York")),
        (fits_unit(1), in_unit("s", "UTC")), *in_arrow,
        (always, lambda found: found.assign(period=pd.period_range("2024-01", periods=len(found), freq="M")))))

    every = {"index": False}
    yield Case("pandas: semicolons", text_csv(tables, sep=";", **every), ("separated by semicolons, expected commas",))
    yield Case("pandas: tabs", text_csv(tables, sep="\t", **every), ("separated by tabs, expected commas",))
    yield Case("pandas: bars", text_csv(tables, sep="|", **every), ("separated by bars, expected commas",))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        yield Case(f"pandas: {encoding}", text_csv(tables, encoding=encoding, **every), ("the text is UTF-16, expected UTF-8",))
    yield Case("pandas: Latin-1", one_csv(tables, "customer", encoding="latin-1", errors="replace"),
               ("column `name`", "expected text in UTF-8"))
    yield Case("pandas: lines that end in carriage returns", text_csv(tables, lineterminator="\r", **every),
               ("holds a carriage return: lines end in LF or CRLF",))
    yield Case("pandas: quotes escaped by backslashes", text_csv(tables, doublequote=False, escapechar="\\", **every),
               ("a quote is escaped by a backslash, expected it doubled",))
    yield Case("pandas: no quotes", one_csv(tables, "events", quoting=csv.QUOTE_NONE, escapechar="\\"),
               ("a quote is escaped by a backslash, expected it doubled",))
    yield Case("pandas: apostrophes for quotes", one_csv(tables, "events", quotechar="'"), ("quote inside an unquoted field",))
    yield Case("pandas: no header", one_csv(tables, "plan", header=False), ("is the header missing?",))
    yield Case("pandas: bzip2", text_csv(tables, ending=".csv.bz2", **every), ("compression that is not read",))
    yield Case("pandas: zip", text_csv(tables, ending=".csv.zip", **every), ("an archive or a compression that is not read",))
    for pattern in ("%d/%m/%Y %H:%M", "%m/%d/%Y", "%d.%m.%Y %H:%M:%S", "%d-%m-%y"):
        yield Case(f"pandas: times as {pattern}", one_csv(tables, "invoice", date_format=pattern),
                   ("expected the year first, like 2024-01-31",))
    yield Case("pandas: seconds since 1970", one_csv(tables, "invoice", date_format="%s"),
               ("found a bare number: what it counts, and since when, is not told",))
    for word in ("NULL", "nan", "None", "<NA>", "NaT", "#N/A"):
        yield Case(f"pandas: {word} in the place of nulls, in quotes", one_csv(
            tables, "invoice", na_rep=word, quoting=csv.QUOTE_ALL), ("column `contract_id`", "a word in the place of null"))
    yield Case("pandas: numbered events as doubles", one_csv(tables, "events", lambda found: found.assign(
        transaction_id=[1e17 + 1e9 * place for place in range(len(found))])),
        ("column `transaction_id`", "turned the identifier into a number"))
    yield Case("pandas: a numbered id beside nulls", one_csv(
        tables, "invoice", lambda found: found.assign(billing_provider_invoice_id=[42.0] + [None] * (len(found) - 1))),
        ("column `billing_provider_invoice_id`, value \"42.0\"", "turned the identifier into a number"))
    yield Case("pandas: dictionaries of Python as text", one_csv(
        tables, "events", lambda found: found.assign(properties=[{"query": "size=1024"}] * len(found))),
        ("column `properties`", "apostrophes"))
    yield Case("pandas: JSON taken apart by json_normalize", one_csv(tables, "events", lambda found: pd.concat(
        [found.drop(columns="properties"), pd.json_normalize(found.properties.map(pd.io.json.ujson_loads).map(
            lambda inner: {"image_size": inner.get("image_size")})).add_prefix("properties.")], axis=1)),
        ("the column `properties` of egress.events is missing, but there is `properties.image_size`",))
