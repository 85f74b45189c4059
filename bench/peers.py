"""`etl` and a peer that does the same work, in turns, from nothing to an empty lake each time.

Wall time by the monotonic clock; CPU and peak memory of the child and its own children from wait4. Both are held to the same two
cores, and to the same figures:

    usage     export files of events, three reports: DuckDB; both byte for byte what the simulator says is right
    commits   export files of random contracts, three reports: DuckDB; both the same bytes
    api       customers and invoices of the API: dlt; the same customers, invoices, totals and numbers of lines

Exit 1 where they differ. Time and memory are told, never judged.
"""

import argparse
import contextlib
import csv
import difflib
import importlib.metadata
import pathlib
import subprocess
import sys

from served import TOKEN, served
from timing import HEAD, emptied, medians, row, size_of, timed, two_cores

HERE = pathlib.Path(__file__).parent
USAGE = ["billings_by_plan", "images_by_size", "invoice_charges"]
COMMITS = ["balance_rollforward", "commit_schedule", "revenue_schedule"]
SETTINGS = """[parameters]
images_from = "2024-03-10"
images_through = "2024-03-25"
customer_name = "A1 Company"
billing_month = "2024-03"
billing_month_basis = "service_period"
"""


class Side:
    """One of the two: how it is run, and what it took."""

    def __init__(self, name, folder, *command):
        self.name, self.folder = name, folder
        self.command = [str(word) for word in command]
        self.runs = []

    @property
    def lake(self):
        return self.folder / "lake"

    @property
    def reports(self):
        return self.folder / "reports"

    def run(self):
        """Runs it from nothing."""
        emptied(self.folder)
        self.lake.mkdir()
        self.reports.mkdir()
        took = timed(self.command, self.folder / "log")
        self.runs.append((*took, *size_of(self.lake)))
        print(f"{self.name:12} {took[0]:7.2f} s wall {took[1]:7.2f} s CPU {took[2]:7,.0f} MiB", file=sys.stderr, flush=True)


def etl(args, settings, *words):
    """`etl`, with a project of its own."""
    folder = args.work / "peers-etl"
    config = args.work / "peers.toml"
    config.write_text(settings, encoding="utf-8")
    places = ["--config", config, "--lake", folder / "lake", "--artifacts", folder / "reports"]
    return Side("etl", folder, args.etl, "run", *words, *places)


def script(args, package, name, *words):
    """A peer of these scripts: what it is asked for, then its lake, then where its reports go."""
    folder = args.work / f"peers-{package}"
    places = [folder / "lake"] if package == "dlt" else [folder / "lake", folder / "reports"]
    return Side(f"{package} {importlib.metadata.version(package)}", folder, sys.executable, HERE / name, *words, *places)


def same_bytes(reports, have, want):
    """The lines in which reports differ; none when they are the same bytes."""
    found = []
    for name in (f"{report}.csv" for report in reports):
        texts = [(folder / name).read_bytes() if (folder / name).exists() else b"" for folder in (want, have)]
        if texts[0] != texts[1] or not texts[0]:
            lines = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in texts)
            found += [*difflib.unified_diff(*lines, str(want / name), str(have / name), n=0)][:20] or [f"{name}: is not there\n"]
    return found


def usage(args):
    landing, answers = args.account / "landing", args.account / "answers"
    sides = [
        etl(args, SETTINGS, "--source", "egress", "--landing", landing, "--report", ",".join(USAGE)),
        script(args, "duckdb", "duckdb_usage.py", landing),
    ]
    said = f"Export files ({size_of(landing)[0]:,.0f} MB of CSV), three reports; both are byte for byte the known answers."
    yield sides, said, lambda: [line for side in sides for line in same_bytes(USAGE, side.reports, answers)]


def commits(args):
    landing = args.account / "landing"
    sides = [
        etl(args, "", "--source", "egress", "--landing", landing, "--report", ",".join(COMMITS)),
        script(args, "duckdb", "duckdb_commits.py", landing),
    ]
    said = f"Export files ({size_of(landing)[0]:,.0f} MB of CSV), three reports, of both the same bytes."
    yield sides, said, lambda: same_bytes(COMMITS, sides[1].reports, sides[0].reports)


def api(args):
    with served(args.simulator, args.customers) as url:
        config = f'source = ["api"]\n[api]\nbase_url = "{url}"\n'
        one = etl(args, config, "--stage", "extract", "--table", "api.customers,api.invoices")
        one.command += ["--landing", str(one.folder / "landing")]
        two = script(args, "dlt", "dlt_peer.py", url, TOKEN)
        said = (
            "Customers and invoices with their lines by the API, from the simulator on the same machine; of both the same "
            "customers, invoices, totals (dlt reads doubles: the nearest ones) and number of lines."
        )
        yield [one, two], said, lambda: same_rows(args, one, two)


def same_rows(args, one, two):
    """How the rows of the API differ that both sides keep."""
    import duckdb

    def ask(query):
        places = ["--lake", one.lake, "--config", args.work / "peers.toml", "--landing", one.folder / "landing"]
        command = [args.etl, "sql", "-q", "--format", "csv", "-c", query, *places]
        return list(csv.reader(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()))[1:]

    def read(table, columns):
        return duckdb.sql(f"select {columns} from '{two.lake}/api/{table}/*.parquet'").fetchall()

    # A column that once had a whole number first goes on in another column, of doubles.
    names = [name for name, *_ in duckdb.sql(f"describe from '{two.lake}/api/invoices/*.parquet'").fetchall()]
    total = f"coalesce({', '.join(f'{name}::double' for name in names if name in ('total', 'total__v_double'))})"
    kept = {
        "customers": (ask("select id from api.customers"), read("customers", "id")),
        "invoices": (
            [(id, float(amount)) for id, amount in ask("select id, total from api.invoices")],
            read("invoices", f"id, {total}"),
        ),
        "lines": (ask("select count(*) from api.invoice_line_items"), read("invoices__line_items", "count(*)::varchar")),
    }
    return [
        f"{what}: {len(ours)} rows of etl and {len(theirs)} of dlt are not the same\n"
        for what, (ours, theirs) in kept.items()
        if sorted(map(tuple, ours)) != sorted(map(tuple, theirs)) or not ours
    ]


WORK = {"usage": usage, "commits": commits, "api": api}


def main():
    """Runs in turns, prints a table and judges figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work_of", choices=WORK)
    for name in ["etl", "work"]:
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--account", type=pathlib.Path, help="export files in a folder landing, and answers")
    parser.add_argument("--simulator", type=pathlib.Path, help="what answers for the API")
    parser.add_argument("--customers", type=int, help="how many the account has that is asked by the API")
    args = parser.parse_args()
    wrong = []
    with contextlib.contextmanager(WORK[args.work_of])(args) as (sides, said, differences):
        for _ in range(args.runs):
            for side in sides:
                side.run()
            wrong += differences()
    ours, theirs = (medians(side.runs) for side in sides)
    print(f"### {args.name}\n\n{said} Medians of {args.runs} in turns, {len(two_cores())} cores.\n")
    print("\n".join([*HEAD, *[row(side.name, medians(side.runs)) for side in sides]]))
    ratios = "".join(f" {one / two:.2f} |" for one, two in zip(ours[:4], theirs[:4]))
    print(f"| etl / {sides[1].name.split()[0]} |{ratios} |\n")
    sys.stderr.writelines(f"error: {args.name}: {line}" for line in wrong[:20])
    sys.exit(1 if wrong else 0)


main()
