"""What runs of all reports cost: the first one, one that finds nothing new, one that finds a day more; and what a question costs.

Figures are held to what they have to be: a day more on a lake gives the bytes that a lake made of all at once gives, nothing new
leaves them as they are. Exit 1 where they differ. Time and memory are told, never judged.
"""

import argparse
import csv
import io
import pathlib
import shutil
import statistics
import sys

from timing import size_of, timed

DAY = "events/dt=2030-01-01/1_20300101040000.csv"
CONFIG = '[parameters]\nimages_from = "2024-03-10"\nimages_through = "2024-03-25"\ncustomer_name = "A1 Company"\n'
CONFIG += 'billing_month = "2024-03"\n'


def csvs(project):
    """The artifacts by name."""
    return {path.name: path.read_bytes() for path in sorted((project / "artifacts").glob("*.csv"))}


def day_more(account, rows):
    """Events of one day of an account's first file again, as many as there are up to `rows`, under ids of their own."""
    files = [path for path in (account / "landing/egress").rglob("*.csv") if "events" in path.relative_to(account).as_posix()]
    text = io.StringIO()
    with min(files).open(encoding="utf-8", newline="") as lines:
        events = csv.DictReader(lines)
        writer = csv.DictWriter(text, events.fieldnames, lineterminator="\n")
        writer.writeheader()
        day = None
        for event in events:
            day = day or event["timestamp"][:10]
            if event["timestamp"][:10] == day:
                writer.writerow(event | {"transaction_id": "more-" + event["transaction_id"]})
                rows -= 1
            if rows == 0:
                break
    return text.getvalue()


def project_of(folder, account, day=None):
    """A project that reads an account, and perhaps a day more."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "pipeline.toml").write_text(CONFIG, encoding="utf-8")
    shutil.copytree(account / "landing", folder / "landing", copy_function=lambda src, dst: pathlib.Path(dst).hardlink_to(src))
    if day:
        deliver(folder, day)
    return folder


def deliver(project, day):
    """Puts the day into a project's landing folder."""
    path = project / "landing/egress" / DAY
    path.parent.mkdir(parents=True)
    path.write_text(day, encoding="utf-8", newline="")


def main():
    """Measures, prints a table and judges figures."""
    parser = argparse.ArgumentParser()
    for name in ["etl", "account", "work"]:
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--name", required=True)
    args = parser.parse_args()
    day = day_more(args.account, 1000)
    figures, wrong = {}, []

    def step(what, project, *words):
        config = ["--config", str(project / "pipeline.toml")]
        figures.setdefault(what, []).append(timed([str(args.etl), *words, *config], args.work / "costs.log"))

    run = ["run", "--source", "egress"]
    for _ in range(args.runs):
        project = project_of(args.work / "costs", args.account)
        step("first run, all reports", project, *run)
        lake, files = size_of(project / "lake"), sum(path.is_file() for path in (project / "lake").rglob("*"))
        first = csvs(project)
        step("nothing new", project, *run)
        if csvs(project) != first:
            wrong.append("a run that found nothing new made other bytes")
        if sum(path.is_file() for path in (project / "lake").rglob("*")) != files:
            wrong.append("a run that found nothing new left files behind")
        deliver(project, day)
        step("a day of up to 1,000 events more", project, *run)
        more = csvs(project)
        step("`etl sql -c 'select 1'`", project, "sql", "-c", "select 1")
        step("`etl sql -c 'show tables'`", project, "sql", "-c", "show tables")
    whole = project_of(args.work / "costs-whole", args.account, day)
    timed([str(args.etl), *run, "--config", str(whole / "pipeline.toml")], args.work / "costs.log")
    if csvs(whole) != more:
        wrong.append("a day more gave other bytes than all at once")

    print(f"### {args.name}\n\nLake {lake / 1e6:,.1f} MB in {files} files after the first run; medians of {args.runs}.\n")
    print("| | wall s | CPU s | peak MiB |\n| --- | ---: | ---: | ---: |")
    for what, runs in figures.items():
        wall, cpu, rss = (statistics.median(column) for column in zip(*runs))
        print(f"| {what} | {wall:.2f} | {cpu:.2f} | {rss:.0f} |")
    print()
    for text in wrong:
        print(f"error: {args.name}: {text}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
