"""Runs the pipeline and its DuckDB peer in turns and writes what each took to bench/results.md.

Wall time by the monotonic clock; CPU and peak memory of the child and its own children from wait4. Both are held to the
same two cores, and both outputs to the simulator's answers, byte for byte.
"""

import argparse
import difflib
import pathlib
import shutil
import statistics
import sys

from timing import size_of, timed, two_cores

REPORTS = ["images_by_size.csv", "invoice_charges.csv", "billings_by_plan.csv"]
CONFIG = """[parameters]
images_from = "2024-03-10"
images_through = "2024-03-25"
customer_name = "A1 Company"
billing_month = "2024-03"
billing_month_basis = "service_period"
"""
HERE = pathlib.Path(__file__).parent


def differences(output, answers):
    """The lines in which an output differs from the answers; none when they are the same bytes."""
    found = []
    for report in REPORTS:
        want = (answers / report).read_bytes()
        have = (output / report).read_bytes() if (output / report).exists() else b""
        if want != have:
            lines = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in (want, have))
            found += list(difflib.unified_diff(*lines, f"answers/{report}", f"output/{report}", n=0))[:20]
    return found


def main():
    """Parses, runs in turns, prints and writes."""
    parser = argparse.ArgumentParser()
    for name in ["etl", "account", "work", "results"]:
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    for name in ["runs", "events", "customers"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()

    landing, answers, work = args.account / "landing", args.account / "answers", args.work
    config = work / "pipeline.toml"
    config.write_text(CONFIG)
    figures, right, lakes, wrong = {"etl": [], "DuckDB": []}, {}, {}, False
    for turn in range(1, args.runs + 1):
        for name in figures:
            lake, artifacts = work / f"lake-{name}", work / f"artifacts-{name}"
            for folder in (lake, artifacts):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
            if name == "etl":
                command = [args.etl, "run", "--stage", "all", "--source", "egress", "--landing", landing]
                command += ["--lake", lake, "--artifacts", artifacts, "--config", config]
                # The three reports that the script makes, too.
                command += ["--report", "billings_by_plan,images_by_size,invoice_charges"]
            else:
                command = [sys.executable, HERE / "duckdb_peer.py", landing, lake, artifacts]
            wall, cpu, rss = timed([str(word) for word in command], work / f"{name}.log")
            figures[name].append((wall, cpu, rss))
            lakes[name] = size_of(lake)
            found = differences(artifacts, answers)
            right[name] = right.get(name, True) and not found
            wrong = wrong or bool(found)
            told = "equal to the answers" if not found else "DIFFERENT from the answers"
            print(f"{name:7} run {turn}: {wall:6.2f} s wall {cpu:6.2f} s CPU {rss:7.0f} MiB, {told}", flush=True)
            sys.stdout.writelines(found)

    rows = ["| | run | wall s | CPU s | peak MiB |", "| --- | --- | --- | --- | --- |"]
    for name, runs in figures.items():
        rows += [f"| {name} | {turn} | {w:.2f} | {c:.2f} | {r:.0f} |" for turn, (w, c, r) in enumerate(runs, 1)]
    for name, runs in figures.items():
        w, c, r = (statistics.median(column) for column in zip(*runs))
        rows.append(f"| **{name}** | median | **{w:.2f}** | **{c:.2f}** | **{r:.0f}** |")
        print(f"{name:7} median: {w:6.2f} s wall {c:6.2f} s CPU {r:7.0f} MiB")
    import duckdb

    text = [
        "# Measured against DuckDB",
        "",
        f"{args.events:,} events of {args.customers} customers, {size_of(landing) / 1e6:,.0f} MB of CSV, into an empty lake "
        f"and three reports; {args.runs} runs each in turns, warm file cache, {len(two_cores())} cores, DuckDB "
        f"{duckdb.__version__}. Made by `bench/run`.",
        "",
        *rows,
        "",
        *[f"- {name}: lake {lakes[name] / 1e6:,.0f} MB; reports "
          f"{'equal to the simulator’s answers, byte for byte' if right[name] else 'DIFFERENT from the answers'}."
          for name in figures],
        "",
    ]
    args.results.write_text("\n".join(text), encoding="utf-8")
    sys.exit(1 if wrong else 0)


main()
