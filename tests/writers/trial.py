"""A landing folder through the binary: the same artifacts and the same rows as the baseline, or a refusal with the right words."""

import csv
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Callable

import account

UNTYPED = {"_extra", "_source_file", "_source_row", "_transferred_at", "_run_id"}


@dataclass(frozen=True)
class Case:
    """How one landing folder is written, and what is to come of it.

    Without `refusal` the artifacts and the lake are those of the baseline; with it the run ends with 3, publishes nothing
    and says all of these words. `says` are words of a run that is taken.
    """

    name: str
    write: Callable[[Path], None]
    refusal: tuple = ()
    says: tuple = ()
    baseline: str = "flat"
    # Columns that the lake keeps as they were sent, and the reports read as the baseline's.
    kept: tuple = ()


class Trials:
    """A folder in which the cases are tried, each in one of its own."""

    def __init__(self, binary, settings, work, stage="all"):
        self.stage = stage
        self.binary = Path(binary).resolve()
        self.work = Path(work)
        # A line of its own for each limit: two cases run at a time.
        text = Path(settings).read_text(encoding="utf-8")
        text = re.sub(r"(?ms)^\[sample\]$.*?(?=^\[|\Z)", "", text)
        text = re.sub(r"(?m)^\[limits\]$", "[limits]\nthreads = 1", text)
        # Most events are left out here; what invoices bill for them is then without events.
        self.settings = text + '\n[checks]\nUSAGE_WITHOUT_EVENTS = "warn"\n'
        self.baselines = {}

    def etl(self, folder, *arguments):
        """Runs the binary on the landing folder in this one; its exit code and all that it said."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pipeline.toml").write_text(self.settings, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ETL_", "RUST_LOG"))}
        command = [self.binary, "run", *arguments, "--source", "egress", "--config", folder / "pipeline.toml"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
        return ended.returncode, ended.stdout + ended.stderr

    def sample(self, landing):
        """The account in the export files of a landing folder."""
        folder = self.work / "sample"
        code, said = self.etl(folder, "--stage", "normalize", "--landing", landing)
        if code:
            raise SystemExit(f"the sample cannot be read:\n{said}")
        return account.read(folder / "lake")

    def add_baseline(self, name, write):
        """Runs the landing that others are compared with."""
        folder = self.work / f"baseline-{name}"
        write(folder / "landing")
        code, said = self.etl(folder, "--stage", self.stage)
        if code:
            raise SystemExit(f"the baseline `{name}` does not pass, exit {code}:\n{said}")
        self.baselines[name] = (artifacts(folder), rows(folder / "lake"))

    def wrong(self, case):
        """What is wrong with a case; nothing where it holds."""
        folder = Path(tempfile.mkdtemp(prefix=re.sub(r"\W+", "-", case.name) + "-", dir=self.work))
        landing = folder / "landing"
        landing.mkdir(parents=True)
        try:
            case.write(landing)
        except Exception as error:  # What a writer cannot write has not been tried, and the other cases go on.
            return [f"cannot be written: {type(error).__name__}: {error}"]
        code, said = self.etl(folder, "--stage", self.stage)
        if case.refusal:
            found = list(refusal_faults(case, folder, code, said))
        else:
            found = list(self.difference(case, folder, code, said))
        if not found:
            shutil.rmtree(folder)
        return found

    def difference(self, case, folder, code, said):
        if code:
            yield f"exit {code}: {last_words(said)}"
            return
        expected, expected_rows = self.baselines[case.baseline]
        found, found_rows = artifacts(folder), rows(folder / "lake")
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                yield f"{name} has other bytes"
        for table in sorted(expected_rows.keys() | found_rows.keys()):
            yield from row_faults(table, expected_rows.get(table, {}), found_rows.get(table, {}), case.kept)
        for words in case.says:
            if words not in said:
                yield f"{words!r} is not said"


def refusal_faults(case, folder, code, said):
    if code != 3:
        yield f"exit {code}, expected 3: {last_words(said)}"
    for words in case.refusal:
        if words not in said:
            yield f"{words!r} is not said, but: {last_words(said)}"
    if (folder / "artifacts").exists():
        yield "artifacts were published"


def last_words(said):
    """The error and its hint, or what stands for them, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("error", "hint", "  "))] or lines[-3:]
    return " | ".join(told)[:1500]


def artifacts(folder):
    """The bytes of every CSV that was published."""
    return {path.name: path.read_bytes() for path in sorted((folder / "artifacts").glob("*.csv"))}


def rows(lake):
    """For each table of a lake its rows in an order of their own, as what they mean."""
    tables = {}
    for name, found in account.lake_tables(lake).items():
        columns = [column for column in found.column_names if column not in UNTYPED]
        values = [[meaning(account.plain(value)) for value in found[column].to_pylist()] for column in columns]
        tables[name] = {"columns": columns, "rows": sorted(zip(*values), key=repr)}
    return tables


def row_faults(table, expected, found, kept):
    """The first value that differs, and how many do."""
    left, right = expected.get("rows", []), found.get("rows", [])
    if len(left) != len(right):
        yield f"lake: {table} has {len(right)} rows, expected {len(left)}"
        return
    differ = [(column, one, other) for row, others in zip(left, right)
              for column, one, other in zip(expected["columns"], row, others)
              if one != other and f"{table}.{column}" not in kept]
    if differ:
        column, one, other = differ[0]
        yield f"lake: {table}.{column} is {other!r}, expected {one!r} ({len(differ)} such cells)"


def meaning(value):
    """A cell of the lake; JSON, and instants in it, as what they say."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return repr(of_json(json.loads(value, parse_float=Decimal, parse_int=Decimal)))
        except ValueError:
            return value
    return value


def of_json(value):
    """JSON without members that are null, numbers and instants in one notation each."""
    if isinstance(value, dict):
        return {name: of_json(inner) for name, inner in sorted(value.items()) if inner is not None}
    if isinstance(value, list):
        return [of_json(inner) for inner in value]
    # A map of texts has its numbers as texts.
    if isinstance(value, Decimal):
        return f"{account.plain(value):f}"
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d([T ]|$)", value):
        instant = dt.datetime.fromisoformat(value)
        return str(instant.astimezone(account.UTC) if instant.tzinfo else instant.replace(tzinfo=account.UTC))
    return value


def as_text(value):
    """A value as the vendor's CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return str(value)


def write_csv(path, table, text=as_text, encoding="utf-8", header=True, **how):
    """A table as CSV by Python's own writer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **({"lineterminator": "\n"} | how))
        if header:
            writer.writerow([column.name for column in table.columns])
        writer.writerows([text(value) for value in row] for row in table.rows)


def flat(tables):
    """The account as flat CSV files."""
    def write(landing):
        for table in tables.values():
            write_csv(landing / f"{table.name}.csv", table)
    return write


def by_days(tables):
    """The same with the snapshots of contracts in the folders of their days."""
    def write(landing):
        for table in tables.values():
            if not table.name.startswith("contracts_"):
                write_csv(landing / f"{table.name}.csv", table)
                continue
            for day in sorted(set(table.values("snapshot_id"))):
                rows = [row for row in table.rows if row[table.place("snapshot_id")] == day]
                name = f"1_{day.replace('-', '')}000000.csv"
                write_csv(landing / table.name / f"dt={day}" / name, table.with_rows(rows))
    return write
