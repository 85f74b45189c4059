"""What other systems call customers and contracts: the columns that `[dimensions]` adds to reports."""

import csv
import os

from exact import parse


def compare(account, policy, comparison):
    for name, path in policy.get("dimensions", {}).items():
        owner, _, place = path.partition(".")
        rows = account.customers if owner == "customer" else account.contracts
        said = {key: told(row, owner, *place.split(".", 1)) for key, row in rows.items()}
        found, count = [], 0
        for report in sorted(os.listdir(comparison.folder)):
            if report.endswith(".csv"):
                with open(os.path.join(comparison.folder, report), encoding="utf-8", newline="") as file:
                    wrong, rows_of_report = column(account, csv.DictReader(file), owner, name, said)
                found += [f"{report}: {text}" for text in wrong]
                count += rows_of_report
        comparison.say(f"[dimensions] {name}", found, count, 0)


def told(row, owner, field, member=None):
    """The text of a field, or of a member of it; the export has custom fields of contracts among the metadata."""
    if member is None:
        return row[field]
    whole = parse(row["metadata" if owner == "contract" else field]) or {}
    if member not in whole and "." in member:
        outer, member = member.split(".", 1)
        whole = whole.get(outer) if isinstance(whole.get(outer), dict) else {}
    text = whole.get(member)
    return "" if text is None else str(text)


def column(account, rows, owner, name, said):
    """What is wrong with the column in a report, and how many rows were looked at."""
    columns = rows.fieldnames or []
    by_contract = owner == "contract" or "customer_id" not in columns
    key = "contract_id" if by_contract else "customer_id"
    if key not in columns:
        return ([f"has a column {name}"] if name in columns else []), 0
    if name not in columns:
        return [f"has no column {name}"], 0
    wrong, count = [], 0
    for row in rows:
        count += 1
        id_ = row[key]
        if owner == "customer" and by_contract:
            id_ = account.contract_customers.get(id_, "")
        should = escaped(said.get(id_, ""))
        if row[name] != should:
            wrong.append(f"{row[key]}: {name} should be {should!r}, is {row[name]!r}")
    return wrong, count


def escaped(text):
    """A text that a spreadsheet would run has a `'` before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
