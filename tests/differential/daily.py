"""What was used on each day: every event of a billed period walked through in the order of time, and daily breakdowns.

Of what a metric counts there is at each moment a total since the period's begin; what a day adds is by how much it is
another at the day's end than at its begin.
"""

import json
import re

import delivery
from account import currency, scale
from exact import ZERO, exact, moment, parse

KEY = ("invoice_id", "day", "product_id", "sub_line_item_id", "billable_metric_id", "group_values", "currency")
FIGURES = ("event_count", "metered_quantity", "billed_quantity", "billed_amount", "applied_amount")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def compare(account, policy, comparison):
    expected = {}
    add_metered(account, policy, expected)
    add_billed(account, expected)
    for figures in expected.values():
        figures.pop("_unknown", None), figures.pop("_billed", None)
    comparison.report("usage_daily", KEY, expected)


def row(account, expected, invoice, day, product, sub_line, metric, groups, unit):
    """The row of a key, made where there is none."""
    key = (invoice.id, str(day), product or "", sub_line or "", metric or "", groups or "", unit or "")
    if key not in expected:
        told = account.customers.get(invoice.customer, {})
        expected[key] = dict.fromkeys(FIGURES) | {
            "customer_id": invoice.customer,
            "customer_name": told.get("name") or None,
            "contract_id": invoice.contract or None,
            "invoice_status": invoice.status,
            "billable_metric_name": account.metric_names.get(metric) or None,
        }
    return expected[key]


# What is metered.


def add_metered(account, policy, expected):
    meanings = {metric: meaning(name, policy["metrics"]) for metric, name in account.metric_names.items()}
    wanted = [one for one in billed(account) if meanings.get(one[3])]
    if not wanted:
        return
    names = references(account)
    events = sorted_events(account.folders, {meanings[metric]["event_type"] for *_, metric, _ in wanted})
    for invoice, product, sub_line, metric, unit in wanted:
        what = meanings[metric]
        met = [
            event
            for name in names.get(invoice.customer, ())
            for event in events.get((name, what["event_type"]), ())
            if invoice.start <= event[0] < invoice.end and passes(what["filters"], event[2])
        ]
        for day, count, added in walked(sorted(met, key=lambda event: event[:2]), what):
            found = row(account, expected, invoice, day, product, sub_line, metric, None, unit)
            found["metered_quantity"] = added
            found["event_count"] = None if what["aggregate"] == "unique" else count


def billed(account):
    """What final invoices bill by a metric: (invoice, product, sub line, metric, currency)."""
    metrics = {}
    for product, versions in account.versions.items():
        measured = {version["billable_metric_id"] for version in versions if version["billable_metric_id"]}
        is_converted = any(version["quantity_conversion"] or version["quantity_rounding"] for version in versions)
        if len(measured) == 1 and not is_converted:
            metrics[product] = measured.pop()
    for invoice in account.invoices.values():
        label = invoice.label.upper()
        if invoice.status != "FINALIZED" or "CORRECTION" in label or "CONSOLIDATED" in label:
            continue
        if not (invoice.start and invoice.end and invoice.start < invoice.end):
            continue
        units = {}
        for line in invoice.lines:
            for sub in account.sub_lines.get(line.id, ()):
                if sub["billable_metric_id"]:
                    yield invoice, line.product, sub["id"], sub["billable_metric_id"], line.currency
            if line.product in metrics and line.quantity is not None:
                units.setdefault(line.product, set()).add(line.currency)
        for product, names in units.items():
            yield invoice, product, None, metrics[product], names.pop() if len(names) == 1 else None


def meaning(name, templates):
    """What a metric of this name counts, by the settings; None where they do not say it."""
    fitting = []
    for template, what in templates.items():
        parts = re.split(r"\{([^{}]+)\}", template)
        pattern = "".join("(.+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        words = re.fullmatch(pattern, name)
        if words:
            fitting.append((len(parts), template, what | {"filters": dict(zip(parts[1::2], words.groups()))}))
    return min(fitting, key=lambda one: one[:2])[2] if fitting else None


def references(account):
    """The names that events of each customer come under."""
    names = {}
    for customer, told in account.customers.items():
        names[customer] = {customer, customer.upper(), *(parse(told["ingest_aliases"]) or ())}
    return names


def sorted_events(folders, types):
    """Events of these types by customer and type, each as (moment, id, properties)."""
    events = {}
    for event in delivery.newest(folders, "events", ("transaction_id",)):
        if event["event_type"] in types:
            told = (moment(event["timestamp"]), event["transaction_id"], properties(event["properties"]))
            events.setdefault((event["customer_id"], event["event_type"]), []).append(told)
    return events


def properties(text):
    """What an event says, name to text: of a JSON object, or of what some databases print of a map."""
    try:
        told = json.loads(text, parse_float=str, parse_int=str) if text else {}
    except ValueError:
        told = dict(part.split("=", 1) for part in text.strip("{}").split(", ") if "=" in part)
    return {name: value for name, value in told.items() if value is not None}


def passes(filters, told):
    folded = lambda text: str(text).lower().replace(" ", "").replace("×", "x").replace("*", "x")
    return all(name in told and folded(told[name]) == folded(word) for name, word in filters.items())


def walked(events, what):
    """The days of events that come in the order of time: (day, how many, what they add)."""
    totals, counts = {}, {}
    total, highest, values = ZERO, None, set()
    for at, _, told in events:
        written = told.get(what.get("key"))
        number = exact(written) if isinstance(written, str) and NUMBER.fullmatch(written) else None
        if what["aggregate"] == "count":
            total += 1
        elif what["aggregate"] == "sum":
            total += number or 0
        elif what["aggregate"] == "max":
            highest = number if highest is None or (number is not None and number > highest) else highest
            total = highest or ZERO
        elif what["aggregate"] == "latest":
            total = number or ZERO
        else:
            values |= {written} - {None}
            total = len(values)
        totals[at.date()] = total
        counts[at.date()] = counts.get(at.date(), 0) + 1
    before = ZERO
    for day, total in totals.items():
        # Of different values a day is told that brings a new one.
        if what["aggregate"] != "unique" or total != before:
            yield day, counts[day], total - before
        before = total


# What is billed by day.


def add_billed(account, expected):
    folders = account.folders
    current = lambda table: delivery.current(delivery.snapshots(folders, table, "snapshot_timestamp"))
    drafts = {day["id"]: day for day in current("breakdowns_draft_invoices")}
    for line in current("breakdowns_draft_line_items"):
        add_line(account, expected, line, drafts.get(line["invoice_breakdown_id"]), "DRAFT")
    finals = {}
    for day in delivery.newest(folders, "breakdowns_invoices"):
        place = (day["invoice_id"], moment(day["breakdown_start_timestamp"]))
        order = lambda one: (moment(one["snapshot_timestamp"]), one["id"])
        if is_day(day) and (place not in finals or order(day) > order(finals[place])):
            finals[place] = day
    newest = {day["id"]: day for day in finals.values()}
    for line in delivery.newest(folders, "breakdowns_line_items"):
        day = newest.get(line["invoice_breakdown_id"])
        if day and moment(day["snapshot_timestamp"]) == moment(line["snapshot_timestamp"]):
            add_line(account, expected, line, day, "FINALIZED")


def is_day(day):
    return (day["window_size"] or "DAILY").upper() == "DAILY"


def add_line(account, expected, line, day, status):
    invoice = account.invoices.get(day and day["invoice_id"])
    if invoice is None or invoice.status != status or not invoice.is_counted or not is_day(day):
        return
    measured = {version["billable_metric_id"] for version in account.versions.get(line["product_id"], ())} - {""}
    metric = line["billable_metric_id"] or (measured.pop() if len(measured) == 1 else None)
    grouped = f"{line['group_key']}={line['group_value']}" if line["group_key"] and line["group_value"] else ""
    groups = " ".join(filter(None, (grouped, line["pricing_group_values"], line["presentation_group_values"])))
    unit = currency(line["credit_type_id"], line["credit_type_name"])
    at = moment(line["breakdown_start_timestamp"]).date()
    found = row(account, expected, invoice, at, line["product_id"], None, metric, groups, unit)
    amount = exact(line["total"])
    # What of a day is not told leaves its sum unknown.
    unknown = found.setdefault("_unknown", False) or amount is None
    amount = (amount or ZERO) * scale(line["credit_type_id"])
    is_application = amount < 0 and bool(line["commit_id"])
    found["applied_amount"] = (found["applied_amount"] or ZERO) + (amount if is_application else 0)
    found["_billed"] = found.get("_billed", ZERO) + (0 if is_application else amount)
    found["billed_amount"] = None if unknown else found["_billed"]
    found["_unknown"] = unknown
    if line["unit_price"] and line["quantity"] and not is_application:
        found["billed_quantity"] = (found["billed_quantity"] or ZERO) + exact(line["quantity"])
