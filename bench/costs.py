"""What runs of all reports cost: the first one, one that finds nothing new, one that finds a day more; and what questions cost.

Figures are held to what they have to be: reports to the known answers of an account that has some, a day more on a lake to the
bytes of a lake made of all at once; nothing new leaves bytes and files as they are. Exit 1 where they differ. Time and memory are
told, never judged.
"""

import argparse
import contextlib
import csv
import hashlib
import io
import json
import pathlib
import shutil
import sys

from served import served
from timing import HEAD, emptied, medians, row, size_of, timed

DAY = "events/dt=2030-01-01/1_20300101040000.csv"
SETTINGS = '[parameters]\nimages_from = "2024-03-10"\nimages_through = "2024-03-25"\ncustomer_name = "A1 Company"\n'
SETTINGS += 'billing_month = "2024-03"\n'
# The account that is asked lives in 2024: by today's clock terms are over of which nothing was told yet.
API_SETTINGS = 'source = ["api"]\n[api]\nbase_url = "{url}"\n[checks]\nTRUE_UP_MISSING = "warn"\n'


def csvs(folder):
    """The hashes of a folder's CSVs by name. Bytes would be held, and what is held here counts for the peak of what is started."""
    digests = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def event_files(landing):
    """The files of events of an account."""
    egress = landing / "egress"
    return sorted(path for path in egress.rglob("*.csv") if "events" in path.relative_to(egress).as_posix())


def day_more(files, rows):
    """Events of one day of an account's first file again, as many as there are up to `rows`, under ids of their own."""
    text = io.StringIO()
    with files[0].open(encoding="utf-8", newline="") as lines:
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


def deliver(project, day):
    """Puts the day into a project's landing folder."""
    path = project / "landing/egress" / DAY
    path.parent.mkdir(parents=True)
    path.write_text(day, encoding="utf-8", newline="")
    manifests = project / "landing/egress/_manifests"
    if manifests.is_dir():
        manifest = manifests / path.parent.parent.name / path.parent.name / "manifest_1.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(json.dumps({"files": [{"data_file_key": DAY}]}), encoding="utf-8")


class Costs:
    """What an account costs, and what was wrong."""

    def __init__(self, args, settings, url=None):
        self.args, self.settings, self.url = args, settings, url
        self.figures, self.wrong = {}, []

    def project(self, name):
        """A new project that reads the account."""
        project = emptied(self.args.work / name)
        (project / "pipeline.toml").write_text(self.settings, encoding="utf-8")
        if self.args.landing:
            files = self.args.landing / "egress"
            link = lambda source, target: pathlib.Path(target).hardlink_to(source)
            shutil.copytree(files, project / "landing/egress", copy_function=link)
        return project

    def etl(self, project, *words, output=None):
        """Runs `etl` in a project and says what it took."""
        command = [str(self.args.etl), *words, "--config", str(project / "pipeline.toml")]
        return timed(command, self.args.work / "costs.log", output)

    def run(self, what, project, *words):
        """A run, and what there is after it."""
        self.note(what, (*self.etl(project, "run", *words), *size_of(project / "lake")))

    def ask(self, project, question):
        """A question; rows go nowhere."""
        took = self.etl(project, "sql", "--format", "csv", "-c", question, output="/dev/null")
        self.note(f'`etl sql -c "{question}"`', took)

    def note(self, what, figures):
        self.figures.setdefault(what, []).append(figures)

    def hold(self, is_right, text):
        if not is_right:
            self.wrong.append(text)

    def turn(self, day):
        """Everything once; the reports at the end."""
        project = self.project("costs")
        self.run("first run, all reports", project)
        first, files = csvs(project / "artifacts"), size_of(project)[1]
        if self.args.answers:
            answers = csvs(self.args.answers)
            self.hold(answers and answers == {name: first.get(name) for name in answers}, "reports are not the known answers")
        self.run("nothing new", project)
        self.hold(csvs(project / "artifacts") == first, "a run that found nothing new made other bytes")
        self.hold(size_of(project)[1] == files, "a run that found nothing new left files behind")
        if day:
            deliver(project, day)
            self.run("a day of up to 1,000 events more", project)
        for question in ["select 1", "show tables", "describe egress.events"]:
            self.ask(project, question)
        if day:
            self.ask(project, "select * from egress.events")
        told = csvs(project / "artifacts")
        if self.url:
            self.run("the lake again from what the API answered", project, "--stage", "normalize", "--full-refresh")
        return told

    def measure(self, day):
        """Every turn, and the lake of all at once."""
        for _ in range(self.args.runs):
            told = self.turn(day)
        if day:
            whole = self.project("costs-whole")
            deliver(whole, day)
            self.etl(whole, "run")
            self.hold(csvs(whole / "artifacts") == told, "a day more gave other bytes than all at once")
            shutil.rmtree(whole)


def main():
    """Measures, prints a table and judges figures."""
    parser = argparse.ArgumentParser()
    for name in ["etl", "work"]:
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--landing", type=pathlib.Path, help="export files, in a folder egress")
    parser.add_argument("--settings", type=pathlib.Path, help="settings of the account, where it has some; no day is added to it")
    parser.add_argument("--answers", type=pathlib.Path, help="what reports must be")
    parser.add_argument("--simulator", type=pathlib.Path, help="what answers for the API")
    parser.add_argument("--customers", type=int, help="how many the account has that is asked by the API")
    args = parser.parse_args()
    settings = args.settings.read_text(encoding="utf-8") if args.settings else SETTINGS
    files = event_files(args.landing) if args.landing and not args.settings else []
    with served(args.simulator, args.customers) if args.customers else contextlib.nullcontext() as url:
        costs = Costs(args, API_SETTINGS.format(url=url) if url else settings, url)
        costs.measure(day_more(files, 1000) if files else None)

    print(f"### {args.name}\n\nMedians of {args.runs}; questions are answered as CSV.\n")
    print("\n".join([*HEAD, *[row(what, medians(runs)) for what, runs in costs.figures.items()], ""]))
    for text in costs.wrong:
        print(f"error: {args.name}: {text}", file=sys.stderr)
    sys.exit(1 if costs.wrong else 0)


main()
