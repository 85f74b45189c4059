"""Invoices: where each stands, what plans billed in a month, and what the charges of those asked for add up to."""

import csv
import re
from datetime import timedelta

from account import currency
from exact import DAY, ZERO, exact, month, zoned

OPEN = {"DRAFT", "FINALIZED", "SENT", "QUEUED", "PARTIALLY_PAID"}
FAILED = {"PAYMENT_FAILED", "UNCOLLECTIBLE", "INVALID_REQUEST_ERROR"}
DROPPED = {"VOID", "SKIPPED", "DELETED"}


def compare(account, policy, comparison):
    comparison.report("invoice_status", ("invoice_id",), status(account, policy))
    comparison.report("billings_by_plan", ("plan_id", "currency"), billings(account, policy))
    charges(account, policy, comparison)


def payment(told):
    if not told:
        return "unsent"
    for word, states in (("open", OPEN), ("failed", FAILED), ("dropped", DROPPED)):
        if told in states:
            return word
    return "paid" if told == "PAID" else "unknown"


def status(account, policy):
    day = lambda at: at and zoned(at, policy).date()
    expected = {}
    as_of = max((day(at) for at in account.receipts), default=None)
    for invoice in account.invoices.values():
        told = (invoice.row.get("billing_provider_invoice_external_status") or "").upper()
        state = payment(told) if invoice.status == "FINALIZED" else None
        issued = day(invoice.issued)
        terms = account.terms.get(invoice.contract)
        due = issued + timedelta(days=int(terms)) if terms and issued else None
        bucket = ageing(invoice, state, as_of, due or issued)
        outstanding = bucket in ("undated", "not due", "1-30", "31-60", "61-90", "over 90")
        expected[(invoice.id,)] = {
            "customer_id": invoice.customer,
            "invoice_status": invoice.status,
            "payment": state,
            "issued_date": issued,
            "due_date": due,
            "as_of_date": as_of,
            "days_outstanding": (as_of - issued).days if outstanding and issued else None,
            "ageing_bucket": bucket,
            "currency": invoice.currency,
            "total_amount": invoice.total,
            "outstanding_amount": (invoice.total or ZERO) if outstanding else ZERO,
        }
    return expected


def ageing(invoice, state, as_of, since):
    """Since when an invoice has been due, or why nothing is."""
    if not invoice.is_counted:
        return "elsewhere"
    if invoice.is_draft:
        return "draft"
    if invoice.status == "VOID":
        return "void"
    if state in ("paid", "dropped"):
        return state
    if invoice.total == 0:
        return "nothing due"
    if since is None:
        return "undated"
    past = (as_of - since).days
    for limit, name in ((0, "not due"), (30, "1-30"), (60, "31-60"), (90, "61-90")):
        if past <= limit:
            return name
    return "over 90"


def charges(account, policy, comparison):
    """The charges of every invoice that is asked for, in its currency, are its total."""
    rows = comparison.rows("invoice_charges")
    if rows is None:
        comparison.say("invoice_charges", ["the report is not there"], 0, 0)
        return
    told = {}
    for row in rows:
        invoice = account.invoices.get(row["invoice_id"])
        if invoice is not None and row["currency"] == invoice.currency:
            told[invoice.id] = told.get(invoice.id, ZERO) + (exact(row["total_amount"]) or ZERO)
    is_meant = meant(policy["customer_name"], {row["name"] for row in account.customers.values()})
    should = {
        invoice.id: invoice.total
        for invoice in account.invoices.values()
        if invoice.status == "FINALIZED" and invoice.lines and invoice.customer in account.customers
        and invoice.start and f"{month(invoice.start):%Y-%m}" == policy["billing_month"]
        and is_meant(account.customers[invoice.customer]["name"])
    }
    found = [
        f"{invoice}: charges should be {should.get(invoice)}, are {told.get(invoice)}"
        for invoice in should.keys() | told.keys()
        if should.get(invoice, ZERO) != told.get(invoice, ZERO)
    ]
    comparison.say("invoice_charges, each invoice", found, len(told), 0)


def meant(given, names):
    """Whether a name is among those given: one, or several with commas, `*` for any letters, in quotes letter for letter."""
    if not isinstance(given, list) and given in names:
        return lambda name: name == given
    texts = given if isinstance(given, list) else next(csv.reader([given], skipinitialspace=True), [])
    patterns = [re.compile(".*".join(map(re.escape, text.strip().split("*")))) for text in texts if text.strip()]
    return lambda name: any(pattern.fullmatch(name) for pattern in patterns)


def billing_month(account, policy, day):
    """The month that is billed, as `2024-03`: one that is named; that of the day of the run, or the one before; or the newest
    of which an invoice is final by that day."""
    named = policy["billing_month"]
    if named == "current":
        return f"{day:%Y-%m}"
    if named == "previous":
        return f"{month(month(day) - DAY):%Y-%m}"
    if named != "latest":
        return named
    known = [
        month(billed_at(invoice, policy))
        for invoice in account.invoices.values()
        if invoice.status == "FINALIZED" and (invoice.issued is None or invoice.issued.date() <= day)
        and billed_at(invoice, policy)
    ]
    return f"{max((one for one in known if one <= day), default=month(day)):%Y-%m}"


def billed_at(invoice, policy):
    """What says which month an invoice is one of."""
    return zoned(invoice.issued, policy) if policy["billing_month_basis"] == "issued_at" else invoice.start


def billings(account, policy):
    """Final and void invoices of the month by plan and currency; a plan that billed nothing has zeros."""
    sums, named = {}, {}
    for invoice in account.invoices.values():
        at = billed_at(invoice, policy)
        if at is None or f"{month(at):%Y-%m}" != policy["billing_month"] or invoice.is_draft or not invoice.is_counted:
            continue
        plan = invoice.row.get("plan_id") or ""
        named.setdefault(plan, invoice.row.get("plan_name"))
        row = sums.setdefault((plan, invoice.currency), [set(), 0, ZERO, ZERO])
        if invoice.status == "FINALIZED":
            row[0].add(invoice.customer)
            row[1] += 1
            row[2] += invoice.total
        elif invoice.status == "VOID":
            row[3] += invoice.total
    charged = {}
    for row in account.charges:
        charged.setdefault(row["plan_id"], set()).add(currency(row["credit_type_id"], row["credit_type_name"]))
    for row in account.plans:
        units = charged.get(row["id"], {""} if all(plan != row["id"] for plan, _ in sums) else set())
        for unit in units:
            sums.setdefault((row["id"], unit), [set(), 0, ZERO, ZERO])
    names = {row["id"]: row["name"] for row in account.plans}
    return {
        (plan, unit): {
            "plan_name": names.get(plan) or named.get(plan) or "(unnamed plan)" if plan else "(no plan)",
            "customer_count": len(customers),
            "invoice_count": count,
            "total_amount": total,
            "void_amount": void,
        }
        for (plan, unit), (customers, count, total, void) in sums.items()
    }
