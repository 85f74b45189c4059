"""Delivered files: which belong to a table, and which of their rows count.

A file is a table's by its name, or by that of a folder that it lies in. A column that a file does not have is empty. What begins
with `_` or `.` is no data: manifests, and the mark by which the sample account's files are known.

A key may come many times. The row with the greatest `updated_at` counts; of equally new ones that of the later
transfer, of the higher part, of the later line. Snapshot tables bring everything each time: only the newest complete
snapshot counts.
"""

import csv
import gzip
import os
import re

from exact import moment

csv.field_size_limit(10**9)
TRANSFER = re.compile(r"^(\d+)_(\d{14})\.csv(\.gz)?$")


class Row(dict):
    """A row of a file, by column."""

    def __missing__(self, column):
        return ""


def files(folders, table):
    """Paths of a table's files, each with its place in the order of transfers; a flat file comes before all."""
    found = []
    for root in folders:
        for place, below, names in os.walk(root):
            below[:] = [name for name in below if not name.startswith(("_", "."))]
            of_folder = table in os.path.relpath(place, root).split(os.sep)
            for name in names:
                transfer = TRANSFER.match(name)
                if of_folder and transfer:
                    found.append(((transfer[2], int(transfer[1])), os.path.join(place, name)))
                elif is_data(name) and (of_folder or re.search(rf"(^|[^A-Za-z0-9_]){table}\.csv(\.gz)?$", name)):
                    found.append((("", 0), os.path.join(place, name)))
    return sorted(found)


def is_data(name):
    return name.endswith((".csv", ".csv.gz")) and not name.startswith(("_", ".")) and not TRANSFER.match(name)


def rows(folders, table):
    """Every row of a table, with what orders it among those of its key, and its file."""
    for transfer, path in files(folders, table):
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                yield (moment(row.get("updated_at")), transfer, path, number), Row(row)


def later(one, other):
    """Whether the first order is later; a row without a time is older than any with one."""
    if (one[0] is None) != (other[0] is None):
        return one[0] is not None
    return one[1:] > other[1:] if one[0] == other[0] else one[0] > other[0]


def newest(folders, table, key=("id",)):
    """The row that counts for each key, with its file, and when that was transferred (nothing for a flat one)."""
    best = {}
    for order, row in rows(folders, table):
        place = tuple(row.get(column) or "" for column in key)
        if place not in best or later(order, best[place][0]):
            best[place] = (order, row)
    for order, row in best.values():
        row["_file"], row["_transferred_at"] = order[2], transferred_at(order[1][0])
    return [row for _, row in best.values()]


def transferred_at(digits):
    return digits and moment(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]} {digits[8:10]}:{digits[10:12]}:{digits[12:14]}")


def snapshots(folders, table, column, key=("id",)):
    """The rows of every snapshot, oldest first, as a list of lists.

    A snapshot that has a time is ordered by it, another by when its rows were exported.
    """
    frames = {}
    for row in newest(folders, table, (*key, column)):
        frames.setdefault(row[column], []).append(row)
    if column == "snapshot_time":
        return sorted(frames.values(), key=lambda frame: moment(frame[0][column]))
    exported_at = lambda frame: max(moment(row["updated_at"]) for row in frame)
    return sorted(frames.values(), key=lambda frame: (exported_at(frame), frame[0][column]))


def current(frames):
    """The rows of the newest complete snapshot: the last, unless it came in fewer files than the one before it or with
    less than half its rows."""
    if len(frames) < 2:
        return frames[-1] if frames else []
    count = lambda frame: len({row["_file"] for row in frame})
    last, before = frames[-1], frames[-2]
    return last if count(last) >= count(before) and 2 * len(last) >= len(before) else before
