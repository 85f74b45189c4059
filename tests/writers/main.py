"""Files as real writers write them: each writes the account anew, and the binary must read the same figures, or refuse.

    main.py BINARY [--only WORDS] [--quick] [--keep FOLDER]

`--quick` compares the rows of the lake alone, without reports. A case that fails leaves its folder in the one that `--keep`
names. Prints a line for each case and a last one, `N passed, M failed`; exits with 1 where one failed.
"""

import argparse
import concurrent.futures
import os
import sys
import tempfile
from pathlib import Path

import database_cases
import duckdb_cases
import name_cases
import pandas_cases
import polars_cases
import pyarrow_cases
import spreadsheet_cases
import trial

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = [pandas_cases, pyarrow_cases, duckdb_cases, polars_cases, database_cases, spreadsheet_cases, name_cases]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = arguments.keep or Path(work)
        trials = trial.Trials(arguments.binary, REPOSITORY / "pipeline.toml", work, "normalize" if arguments.quick else "all")
        tables = trials.sample(REPOSITORY / "landing")
        trials.add_baseline("flat", trial.flat(tables))
        trials.add_baseline("days", trial.by_days(tables))
        cases = [case for module in MODULES for case in module.cases(tables) if arguments.only in case.name]
        return report(trials, cases)


def report(trials, cases):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, faults in zip(cases, pool.map(trials.wrong, cases)):
            failed += bool(faults)
            print(f"{'FAIL' if faults else 'ok'}  {case.name}", *faults, sep="\n      ", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return int(failed > 0 or not cases)


if __name__ == "__main__":
    sys.exit(main())
