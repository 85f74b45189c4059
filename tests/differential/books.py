"""Figures of finance's own books, beside what the published reports come to: they are worked out by the other modules."""

import csv
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

from exact import ZERO, exact, month_before
from postable import DIGITS, rounded

BALANCES = {"asset", "liability"}
GROWS_BY_DEBIT = {"asset", "contra_revenue", "expense"}
# Figures that are compared, and the columns with whose a row is.
FIGURES = {
    "accrued_revenue": (("accrued_amount",), ("customer_id",)),
    "balance_rollforward": (
        ("opening_amount", "grant_amount", "drawdown_amount", "expiry_amount", "closing_amount"),
        ("customer_id", "contract_id", "balance_id"),
    ),
    "commit_schedule": (
        (
            "usage_amount", "overage_amount", "invoice_amount", "remaining_balance_amount", "expired_amount",
            "trueup_amount",
        ),
        ("contract_id", "commit_id"),
    ),
    "deferred_revenue_rollforward": (
        ("opening_amount", "billed_amount", "recognized_amount", "expired_amount", "closing_amount"),
        ("customer_id", "contract_id"),
    ),
    "invoices": (("total_amount",), ("customer_id", "contract_id")),
    "receivables_rollforward": (("opening_amount", "invoiced_amount", "closing_amount"), ("customer_id",)),
    "revenue_schedule": (("recognized_amount",), ("customer_id", "contract_id")),
}


def figures(folder):
    """Lines of the books, the later file first where two have one; only CSV."""
    found = {}
    for path in sorted(Path(folder).glob("*.csv")) if folder else ():
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                found[row["month"], row["account"], row["currency"]] = row["amount"]
    return {key: exact(amount) for key, amount in found.items() if amount}


def compare(account, policy, comparison):
    newest = max((month_before(at) for at in account.receipts if at), default=date.min)
    if comparison.rows("books_comparison") is None:
        return
    types = {}
    for line in comparison.rows("postable_journal") or ():
        types[line["account_name"]] = line["account_type"]
    expected = {}
    for (text, name, currency), amount in figures(policy.get("books")).items():
        month = first_day(text)
        figure, _, owner = name.partition(" @ ")
        report, _, column = figure.partition(".")
        columns, owners = FIGURES.get(report, ((), ()))
        found = None
        if month is None or (figure not in types and column not in columns):
            status = "unknown"
        elif month > newest:
            status = "no data yet"
        else:
            if figure in types:
                found = posted(comparison, figure, types[figure], month, currency, owner)
            else:
                found = summed(comparison, report, column, owners, month, currency, owner)
            status = "absent" if found is None else "agrees" if found == amount else "differs"
        expected[text, name, currency] = {
            "currency": currency,
            "books_amount": amount,
            "computed_amount": found,
            "difference_amount": None if found is None else amount - found,
            "status": status,
        }
    comparison.report("books_comparison", ("month_text", "account", "currency"), expected)


def first_day(text):
    """The first day of a month as books write it; None of what is none."""
    try:
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else f"{text}-01").replace(day=1)
    except ValueError:
        return None


def posted(comparison, name, kind, month, currency, owner):
    """The balance of an account at the end of a month, or what the month posted to it, as it grows."""
    total = ZERO
    for line in comparison.rows("postable_journal"):
        of_month = date.fromisoformat(line["month"])
        if line["account_name"] != name or line["currency"] != currency:
            continue
        if owner and owner not in (line["customer_id"], line["contract_id"], line["balance_id"]):
            continue
        if of_month == month or (kind in BALANCES and of_month < month):
            total += exact(line["debit_amount"] or "0") - exact(line["credit_amount"] or "0")
    return total if kind in GROWS_BY_DEBIT else -total


def summed(comparison, report, column, owners, month, currency, owner):
    """What a column of a report comes to in a month, in cents; None where it has no row, or one that is not known."""
    of_month = "billing_month" if report == "invoices" else "month"
    rows = [
        row
        for row in comparison.rows(report)
        if row[of_month] == str(month)
        and row["currency"] == currency
        and (not owner or owner in [row[name] for name in owners])
        and (report != "invoices" or (row["invoice_status"] == "FINALIZED" and row["is_counted"] == "true"))
    ]
    if not rows or any(row[column] == "" for row in rows):
        return None
    return rounded(sum((exact(row[column]) for row in rows), ZERO), Fraction(1, 10 ** DIGITS.get(currency, 2)))
