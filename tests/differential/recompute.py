#!/usr/bin/env python3
"""Works out the reports a second time, from the delivered files alone, and says where the published ones differ.

    recompute.py EGRESS_DIR ARTIFACTS_DIR [PIPELINE_TOML]

Reads the export files under EGRESS_DIR (CSV, also under gzip) and the CSVs in ARTIFACTS_DIR; policies are the
`[parameters]` of PIPELINE_TOML, or their defaults, accounts its `[accounts]`, ids of other systems its `[dimensions]`.
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
    balances, invoices, revenue, journal, exceptions    the reports
    dimensions      what other systems call customers and contracts, in all of them
    compare         beside what is published
"""

import json
import os
import sys
import time
import tomllib
from datetime import date

import account
import balances
import dimensions
import exceptions
import invoices
import journal
import revenue
import usage
from compare import Comparison
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
        return dict(DEFAULTS)
    with open(path, "rb") as file:
        settings = tomllib.load(file)
    return DEFAULTS | settings.get("parameters", {}) | {
        "accounts": settings.get("accounts", {}),
        "dimensions": settings.get("dimensions", {}),
    }


def day_of_run(artifacts):
    """The day that the reports were made for; today where they do not say."""
    path = os.path.join(artifacts, "manifest.json")
    if not os.path.exists(path):
        return date.today()
    with open(path, encoding="utf-8") as file:
        return moment(json.load(file)["started_at"]).date()


def main(egress, artifacts, settings=None):
    began = time.monotonic()
    read = account.read(egress)
    policy = policies(settings)
    policy["billing_month"] = invoices.billing_month(read, policy, day_of_run(artifacts))
    usage.date_fees(read)
    comparison = Comparison(artifacts)
    for module in (balances, invoices, revenue, journal, exceptions, dimensions):
        module.compare(read, policy, comparison)
    print(f"{comparison.different} differences in {time.monotonic() - began:.0f} s")
    return 1 if comparison.different else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
