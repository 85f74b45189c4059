"""Reports as published, beside what was worked out, row by row and column by column."""

import csv
import os
from fractions import Fraction

from exact import ZERO, exact

# Half a unit of the 18th place for each of the roundings that can stand behind one figure, with room.
ROUNDING = Fraction(1, 10**15)
# Differences of a report that are shown.
SHOWN = 8


def same(expected, text):
    """Whether a cell says what is expected: 2 exactly, 1 but for rounding, 0 not."""
    if expected is None:
        return 2 if text == "" else 0
    if isinstance(expected, bool):
        return 2 if text == str(expected).lower() else 0
    if isinstance(expected, (int, Fraction)):
        if text == "":
            return 0
        off = abs(exact(text) - expected)
        return 2 if off == 0 else int(off <= ROUNDING)
    return 2 if text == str(expected) else 0


def shown(value):
    """A value as a report would write it, to 18 places."""
    if isinstance(value, Fraction):
        digits = round(value * 10**18)
        text = f"{'-' if digits < 0 else ''}{abs(digits) // 10**18}.{abs(digits) % 10**18:018d}"
        return text.rstrip("0").rstrip(".")
    return value


class Comparison:
    """Compares reports in a folder and counts what differs."""

    def __init__(self, folder):
        self.folder = folder
        self.different = 0

    def rows(self, report):
        """The rows of a published report; None where it is not there."""
        path = os.path.join(self.folder, f"{report}.csv")
        if not os.path.exists(path):
            return None
        return csv.DictReader(open(path, encoding="utf-8", newline=""))

    def report(self, report, key, expected, rows=None):
        """Compares a report with expected rows: a dictionary from the texts of `key` to a dictionary of columns.

        `rows` are those of the report where only some of them are to be compared.
        """
        published = self.rows(report) if rows is None else rows
        if published is None:
            self.say(report, ["the report is not there"], 0, 0)
            return
        found, count, rounded, met = [], 0, 0, set()
        for row in published:
            count += 1
            place = tuple(row[column] for column in key)
            wanted = expected.get(place)
            if wanted is None:
                found.append(f"{place}: not expected: {row}")
                continue
            if place in met:
                found.append(f"{place}: twice")
            met.add(place)
            for column, value in wanted.items():
                degree = same(value, row[column]) if column in row else 0
                rounded += degree == 1
                if degree == 0:
                    told = row.get(column, "no such column")
                    found.append(f"{place}: {column} should be {shown(value)}, is {told or 'empty'}")
        for place in expected.keys() - met:
            figures = {column: shown(value) for column, value in expected[place].items()}
            found.append(f"{place}: is missing: {figures}")
        self.say(report, found, count, rounded)

    def sums(self, report, key, amount, expected):
        """Compares what the rows of a report add up to by the texts of `key`; `amount` is what a row adds."""
        sums = {}
        for row in self.rows(report) or ():
            place = tuple(row[column] for column in key)
            sums[place] = sums.get(place, ZERO) + amount(row)
        found, rounded = [], 0
        for place in expected.keys() | sums.keys():
            should, told = expected.get(place, ZERO), sums.get(place, ZERO)
            if abs(should - told) > ROUNDING:
                found.append(f"{place}: should be {shown(should)}, is {shown(told)}")
            rounded += 0 < abs(should - told) <= ROUNDING
        self.say(f"{report}, sums", found, len(sums), rounded)

    def say(self, report, found, count, rounded):
        """Prints what was found of a report."""
        self.different += len(found)
        note = f", {rounded} figures off by rounding" if rounded else ""
        print(f"{report}: {count} rows, {len(found)} differences{note}")
        for text in found[:SHOWN]:
            print(f"    {text}")


class Recorder:
    """Takes what is expected of reports and compares it with nothing."""

    def __init__(self):
        self.reports = {}
        self.added = {}

    def rows(self, report):
        return ()

    def report(self, report, key, expected, rows=None):
        self.reports[report] = expected

    def sums(self, report, key, amount, expected):
        self.added[report] = expected

    def say(self, report, found, count, rounded):
        pass
