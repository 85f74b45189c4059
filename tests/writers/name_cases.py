"""What browsers, warehouses and copying programs call files, and in what they pack them."""

import gzip
import zipfile

import pyarrow.feather
import pyarrow.parquet as pq

from arrow_tables import arrow
from pyarrow_cases import each
from trial import Case, write_csv

# For each table another name: all of them are read.
NAMES = [
    "{upper}.CSV", "{table} (1).csv", "{table}-000000000000.csv.gz", "{upper}_0_0_0.csv", "{table}_0000_part_00", "{table}.csv.1",
    "{table}.csv (2)", "Copy of {table}.csv", "March export - {table}.csv", "{table}.parquet.gzip", "{table}.parquet.snappy",
    "{table}.parq", "{table}.gz", "{table}.txt", "{table}/data.CSV.GZ", "{upper}/part-0.c000", "{dashed}.csv",
]


def every_name(tables):
    """Each table under another name, with files beside it that are nobody's."""
    places = {name: NAMES[place % len(NAMES)] for place, name in enumerate(sorted(tables))}

    def write(table, folder):
        name = places[table.name].format(table=table.name, upper=table.name.upper(), dashed=table.name.replace("_", "-"))
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "parq" in name:
            pq.write_table(arrow(table), path, compression="gzip")
        else:
            write_csv(path, table)
        if ".gz" in name.lower() and "parq" not in name:
            path.write_bytes(gzip.compress(path.read_bytes()))
        for beside in (f"~${table.name}.csv", f".{table.name}.csv.crc", f"_{table.name}.csv", f"{table.name}.csv.bak",
                       f"{table.name}.csv~", f"{table.name}.csv.sha256"):
            (folder / beside).write_text("nothing of it counts")
    return each(tables, write)


def as_file(tables, name, write_file):
    """The account with one table as a file of this name."""
    def write(table, folder):
        if table.name == name.split(".")[0].split("/")[0].lower():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(table, path)
        else:
            write_csv(folder / f"{table.name}.csv", table)
    return each(tables, write)


def packed(pack):
    """CSV, packed."""
    def write_file(table, path):
        write_csv(path, table)
        path.write_bytes(pack(path.read_bytes()))
    return write_file


def zipped(table, path):
    write_csv(path.with_suffix(".tmp"), table)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".tmp"), f"{table.name}.csv")
    path.with_suffix(".tmp").unlink()


def of_nothing(tables):
    """Each table whole, beside shares without a row or a byte."""
    def write(table, folder):
        write_csv(folder / f"{table.name}.csv", table)
        if not table.name.startswith(("draft_", "contracts_")):
            write_csv(folder / f"{table.name}_2.csv", table.with_rows([]))
            (folder / f"{table.name}_3.csv").write_bytes(b"")
            (folder / f"{table.name}_4.parquet").write_bytes(b"")
            (folder / f"{table.name}_5.csv.gz").write_bytes(gzip.compress(b""))
    return each(tables, write)


def cases(tables):
    yield Case("names: those of browsers, warehouses and copies", every_name(tables))
    yield Case("names: shares that hold nothing", of_nothing(tables))

    yield Case("names: zip", as_file(tables, "invoice.csv.zip", zipped), ("an archive or a compression that is not read",))
    yield Case("names: a zip called CSV", as_file(tables, "invoice.csv", zipped), ("this is a zip archive or a workbook, expected CSV",))
    yield Case("names: gzip called CSV", as_file(tables, "invoice.csv", packed(gzip.compress)), ("this is gzip, expected CSV",))
    yield Case("names: CSV called gzip", as_file(tables, "invoice.csv.gz", write_file := packed(bytes)),
               ("this is not gzip, though its name says so",))
    yield Case("names: CSV called Parquet", as_file(tables, "invoice.parquet", write_file),
               ("this is not Parquet, though its name says so",))
    yield Case("names: Parquet called CSV", as_file(tables, "invoice.csv", lambda table, path: pq.write_table(arrow(table), path)),
               ("this is Parquet, expected CSV",))
    yield Case("names: Feather", as_file(tables, "invoice.feather", lambda table, path: pyarrow.feather.write_feather(
        arrow(table), str(path))), ("it is invoice as Feather",))
    for ending in ("csv.crdownload", "csv.part", "parquet.tmp"):
        yield Case(f"names: still arriving as .{ending}", as_file(tables, f"invoice.{ending}", write_file), ("still arriving",))
    yield Case("names: encrypted", as_file(tables, "invoice.csv.gpg", write_file), ("it is invoice as an encrypted file",))
    yield Case("names: a file in the folder of another table", as_file(tables, "invoice/line_item.csv", write_file),
               ("it is named after line_item and lies in the folder of invoice",))
    yield Case("names: a page of HTML in the place of CSV", as_file(tables, "invoice.csv", packed(
        lambda _: b"<!DOCTYPE html><html><body>Sign in</body></html>")), ("this is HTML or XML, expected CSV",))
    yield Case("names: the columns of another table", as_file(tables, "line_item.csv", lambda table, path: write_csv(
        path, tables["invoice"])), ("its columns are those of egress.invoice and not of egress.line_item",))
    yield Case("names: Parquet cut off", as_file(tables, "invoice.parquet", lambda table, path: (
        pq.write_table(arrow(table), path), path.write_bytes(path.read_bytes()[:-9]))), ("the file may be cut off or still arriving",))
