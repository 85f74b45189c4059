#!/usr/bin/env python3
"""Works out the reports a second time, from the delivered files alone, and says where the published ones differ.

    recompute.py EGRESS_DIR ARTIFACTS_DIR [PIPELINE_TOML] [--closes CLOSES_DIR]

Reads the export files under EGRESS_DIR (CSV, also under gzip) and the CSVs in ARTIFACTS_DIR; policies are the
`[parameters]` of PIPELINE_TOML, or their defaults, accounts its `[accounts]`, ids of other systems its `[dimensions]`, and what
metrics count its `[metrics]`.
Months such as `latest` count from the day of the run that made the reports, as their manifest says it. Shares nothing with
the SQL but the meaning of the reports: it follows the documents of the vendor, reads each file by hand and calculates in
fractions, which round nowhere. Ends with 1 if anything differs.

A figure of a report is a decimal of 18 places. Where a division leaves more, the figure may be off by what rounding can
do (`ROUNDING` in compare.py); how many figures were is said.

    recompute.py    the parts below, one after the other
    exact           numbers, moments, months; no billing
    delivery        which rows of which files count
    account         what they say, as things, and what a ledger entry means
    usage           what invoices bill for usage, and who pays for it
    fees            how long what a fee is billed for lasts
    balances, invoices, lines, revenue, receivables, concentration, flux, recurring, journal, obligations, postable,
    rollforward, daily, books, exceptions    the reports
    dimensions      what other systems call customers and contracts, in all of them
    closes          what a close keeps of them, and what corrects and restates it
    compare         beside what is published
"""

import argparse
import json
import os
import sys
import time
import tomllib
from datetime import date

import account
import balances
import books
import closes
import concentration
import daily
import dimensions
import exceptions
import flux
import invoices
import journal
import lines
import obligations
import postable
import receivables
import recurring
import revenue
import rollforward
import usage
from compare import Comparison, Recorder
from exact import moment

DEFAULTS = {
    "expiry_month": "term_end",
    "overage_rule": "uncovered",
    "uncovered_usage": "overage",
    "breakage": "on_expiry",
    "fees_without_term": "when_billed",
    "free_commits": "gross",
    "billed_elsewhere": "clearing",
    "contract_position": "contract",
    "reporting_time_zone": "UTC",
    "billing_month": "latest",
    "billing_month_basis": "service_period",
    "customer_name": "*",
}


def policies(path):
    """The parameters of a settings file, with the defaults for what it does not say."""
    if path is None:
        return DEFAULTS | {"metrics": {}}
    with open(path, "rb") as file:
        settings = tomllib.load(file)
    return DEFAULTS | settings.get("parameters", {}) | {
        "accounts": settings.get("accounts", {}),
        "dimensions": settings.get("dimensions", {}),
        "metrics": settings.get("metrics", {}),
    }


def day_of_run(artifacts):
    """The day that the reports were made for; today where they do not say."""
    path = os.path.join(artifacts, "manifest.json")
    if not os.path.exists(path):
        return date.today()
    with open(path, encoding="utf-8") as file:
        return moment(json.load(file)["started_at"]).date()


def calculate(folders, policy, day, comparison, modules):
    """Works out the reports of these modules from what lies in the folders, for a comparison."""
    read = account.read(folders)
    policy = policy | {"billing_month": invoices.billing_month(read, policy, day)}
    usage.date_fees(read)
    for module in modules:
        module.compare(read, policy, comparison)


def main(egress, artifacts, settings, closed):
    began = time.monotonic()
    policy, day = policies(settings), day_of_run(artifacts)
    beside = os.path.join(os.path.dirname(os.path.abspath(egress)), "books")
    policy["books"] = beside if os.path.isdir(beside) else None
    made = (
        balances, invoices, lines, revenue, receivables, concentration, flux, recurring, journal, obligations, postable,
        rollforward, daily,
    )
    if closed is None:
        comparison = Comparison(artifacts)
        calculate([egress], policy, day, comparison, (*made, books, exceptions, dimensions))
    else:
        delivered, closed_books = closes.deliveries(egress), closes.read(closed)
        if not closed_books or len(delivered) < len(closed_books):
            sys.exit(f"{len(closed_books)} closes of {len(delivered)} deliveries")
        for number, close in enumerate(closed_books, 1):
            close.told = Recorder()
            calculate(delivered[:number], policy, day, close.told, made)
        comparison = closes.Books(artifacts, closed_books)
        calculate(delivered, policy, day, comparison, (*made, exceptions))
        comparison.finish()
    print(f"{comparison.different} differences in {time.monotonic() - began:.0f} s")
    return 1 if comparison.different else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("egress")
    parser.add_argument("artifacts")
    parser.add_argument("settings", nargs="?")
    parser.add_argument("--closes")
    given = parser.parse_args()
    sys.exit(main(given.egress, given.artifacts, given.settings, given.closes))
