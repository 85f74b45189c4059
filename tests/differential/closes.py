"""Books with closes: what was told of a month when it was closed stays, and what moved in it since stands in the month that is open.

What was known at a close is calculated anew, from what had been delivered by then. So of each month it is known what should
have been told of it when it was closed, and what would be told by now:

    rows            of a closed month are those of the state that it was closed in, of an open one those of now
    journal         what was posted stays; what is computed now less what was posted so far, entry by entry, is an entry of
                    the month after the newest close, and posted itself once that month is closed
    restatements    the same of every other figure
    packs           have the rows that the reports have of their month, and add up
"""

import csv
import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from compare import ROUNDING, Comparison, Recorder
from exact import ZERO, exact, next_month
from journal import signed

# Which column of a report says what month a row is of; those of the others are of what is known now.
PERIODS = {
    "accrued_revenue": "month",
    "balance_rollforward": "month",
    "commit_schedule": "month",
    "customer_concentration": "month",
    "deferred_revenue_waterfall": "recognition_month",
    "draft_to_final_variance": "month",
    "recurring_revenue": "month",
    "revenue_flux": "month",
    "revenue_schedule": "month",
}
# What is restated.
FIGURES = ("_amount", "_quantity")
# Whether 0 has a row there is no figure.
SPARSE = "revenue_schedule"


@dataclass
class Close:
    """A close, and what should have been told then."""

    month: str  # first day of the month
    run: str
    pack: str
    told: Recorder = None

    @property
    def open_month(self):
        return str(next_month(date.fromisoformat(self.month)))


def read(folder):
    """The closes that stand, oldest first: one that was undone has another name."""
    closes = []
    for name in sorted(os.listdir(folder)):
        if re.fullmatch(r"\d{4}-\d\d", name):
            pack = os.path.join(folder, name)
            with open(os.path.join(pack, "manifest.json"), encoding="utf-8") as file:
                closes.append(Close(f"{name}-01", json.load(file)["run_id"], pack))
    return closes


def deliveries(folder):
    """The folders of deliveries, which are numbered."""
    numbers = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
    return [os.path.join(folder, str(number)) for number in numbers]


class Books(Comparison):
    """Compares the reports of books with closes."""

    def __init__(self, folder, closes):
        super().__init__(folder)
        self.closes = closes
        self.now = {}

    def report(self, report, key, expected, rows=None):
        if report in PERIODS:
            self.now[report] = (key, expected)
            expected = as_closed(self.closes, report, key.index(PERIODS[report]), expected)
        super().report(report, key, expected, rows)

    def sums(self, report, key, amount, expected):
        super().sums(report, (*key, "corrects_month"), amount, posted(self.closes, report, expected))

    def finish(self):
        """Compares what there is because of the closes, once all reports are."""
        restatements(self)
        corrections(self)
        for close in self.closes:
            pack(self, close)


def as_closed(closes, report, place, now):
    """The rows of a report, those of closed months as they were closed. A row without a month is of now."""
    rows, last = {}, ""
    for close in closes:
        told = close.told.reports[report]
        rows |= {key: row for key, row in told.items() if last < key[place] <= close.month}
        last = close.month
    return rows | {key: row for key, row in now.items() if not key[place] or key[place] > last}


def posted(closes, report, now):
    """All lines of the journal, with the month that they correct or none, as what they add up to."""
    lines, so_far = {}, {}

    def correct(close, computed):
        """What is computed for months closed by then, less what was posted, is posted in the month after."""
        closed = {key: amount for key, amount in computed.items() if key[0] <= close.month}
        for key in closed.keys() | so_far.keys():
            moved = closed.get(key, ZERO) - so_far.get(key, ZERO)
            if moved:
                lines[close.open_month, *key[1:], key[0]] = moved
                so_far[key] = so_far.get(key, ZERO) + moved

    last = None
    for close in closes:
        computed = close.told.added[report]
        if last is not None:
            correct(last, computed)
        for key, amount in computed.items():
            if key[0] <= close.month and (last is None or key[0] > last.month):
                lines[*key, ""] = so_far[key] = amount
        last = close
    correct(last, now)
    return lines | {(*key, ""): amount for key, amount in now.items() if key[0] > last.month}


def corrections(books):
    """Every line that corrects names an entry of its month; one entry a month corrects it."""
    entries, correcting, found, count = {}, {}, [], 0
    for row in books.rows("journal_entries"):
        entries[row["entry_id"]] = row
        if row["corrects_month"] or row["corrects_entry_id"]:
            count += 1
            correcting.setdefault((row["corrects_entry_id"], row["month"]), []).append(row)
    opened = {close.open_month for close in books.closes}
    for (corrected, month), rows in correcting.items():
        if len({row["entry_id"] for row in rows}) > 1:
            found.append(f"{corrected} is corrected by several entries of {month}")
        if len({row["corrects_month"] for row in rows}) > 1 or not corrected or rows[0]["corrects_month"] >= month:
            found.append(f"{rows[0]['entry_id']} corrects {corrected or 'nothing'} of {rows[0]['corrects_month'] or 'no month'}")
        if month not in opened:
            found.append(f"{rows[0]['entry_id']} is of {month}, which was not the month after a close")
        other = entries.get(corrected)
        if other is not None and (other["month"], other["corrects_month"]) != (rows[0]["corrects_month"], ""):
            found.append(f"{corrected} is of {other['month']}, corrected as of {rows[0]['corrects_month']}")
    books.say("journal_entries, corrections", found, count, 0)


def restatements(books):
    """Every figure of a closed month that became another: what it was by then, what it is, and where that is booked."""
    keys = {report: key for report, (key, _) in books.now.items()}
    expected = {}
    for report, (key, now) in books.now.items():
        for close, cell, was, old, new in moved(books.closes, report, key.index(PERIODS[report]), now):
            row_key, figure, unit = cell
            if abs((new or ZERO) - (old or ZERO)) > ROUNDING:
                expected[close.open_month, report, figure, " | ".join(row_key)] = {
                    "month": was,
                    "currency": unit,
                    "old_amount": known(report, old),
                    "new_amount": known(report, new),
                    "difference_amount": (new or ZERO) - (old or ZERO),
                    "closed_run_id": close.run,
                }
    books.report("restatements", ("booked_month", "report", "figure", "row"), expected, restated(books, keys))


def moved(closes, report, place, now):
    """Each figure at each close at which, or since which, it moved: the close before, the figure, its month, old and new."""
    states = [close.told.reports[report] for close in closes] + [now]
    standing, last = {}, ""
    for number, close in enumerate(closes):
        standing |= figures(states[number], place, last, close.month)
        computed = figures(states[number + 1], place, "", close.month)
        for cell in standing.keys() | computed.keys():
            old, new = standing.get(cell), computed.get(cell)
            if (old or ZERO) != (new or ZERO):
                yield close, cell, cell[0][place], old, new
                standing[cell] = new or ZERO
        last = close.month


def figures(rows, place, after, until):
    """The amounts and quantities of rows of months behind one up to another, by row, column and currency."""
    return {
        (key, column, "units" if column.endswith("_quantity") else row.get("currency", key[-1])): value
        for key, row in rows.items()
        if after < key[place] <= until
        for column, value in row.items()
        if column.endswith(FIGURES)
    }


def known(report, amount):
    return None if report == SPARSE and not amount else amount


def restated(books, keys):
    """The published restatements, with the row that each is of as other reports are compared by."""
    for row in books.rows("restatements"):
        if abs(exact(row["difference_amount"])) <= ROUNDING:
            continue
        grain = json.loads(row["row_key"])
        row["row"] = " | ".join(grain.get(column) or "" for column in keys.get(row["report"], ()))
        if row["report"] == SPARSE:
            row |= {name: "" if row[name] == "0" else row[name] for name in ("old_amount", "new_amount")}
        yield row


def sheet(close, name):
    with open(os.path.join(close.pack, f"{name}.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pack(books, close):
    """The sheets of months are the rows of the reports, byte for byte; the control totals are what they add up to."""
    found, count = [], 0
    for report, period in (PERIODS | {"deferred_revenue_rollforward": "month", "journal_entries": "month", "postable_journal": "month", "restatements": "booked_month"}).items():
        text = lambda row: tuple(row.items())
        closed = Counter(map(text, sheet(close, report)))
        told = Counter(text(row) for row in books.rows(report) if row[period] == close.month)
        found += [f"{report}: is not told any more: {dict(row)}" for row in closed - told]
        found += [f"{report}: was not closed so: {dict(row)}" for row in told - closed]
        count += sum(closed.values())
    totals = {
        (row["report"], row["figure"], row["currency"]): (row["rows"], row["total_amount"])
        for row in sheet(close, "control_totals")
    }
    for (report, figure, unit), (rows, total) in totals.items():
        account = figure.removeprefix("balance of ")
        if account != figure:
            lines = (row for row in books.rows(report) if row["month"] <= close.month)
            parts = [signed(row) for row in lines if (row["account_name"], row["currency"]) == (account, unit)]
        else:
            parts = [exact(row[figure]) for row in sheet(close, report) if row["currency"] == unit]
            is_side = figure in ("debit_amount", "credit_amount")
            parts = [ZERO if is_side and part is None else part for part in parts]
        if len(parts) != int(rows) or (None not in parts and sum(parts, ZERO) != exact(total)):
            found.append(f"control total {report} {figure} {unit}: is {total}, of {rows} rows")
    books.say(f"pack of {close.month}", found, count + len(totals), 0)
