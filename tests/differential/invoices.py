"""Invoices: where each stands, and what plans billed in a month."""

from datetime import timedelta

from account import currency
from exact import ZERO, month, zoned

OPEN = {"DRAFT", "FINALIZED", "SENT", "QUEUED", "PARTIALLY_PAID"}
FAILED = {"PAYMENT_FAILED", "UNCOLLECTIBLE", "INVALID_REQUEST_ERROR"}
DROPPED = {"VOID", "SKIPPED", "DELETED"}


def compare(account, policy, comparison):
    comparison.report("invoice_status", ("invoice_id",), status(account, policy))
    comparison.report("billings_by_plan", ("plan_id", "currency"), billings(account, policy))


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


def billings(account, policy):
    """Final and void invoices of the month by plan and currency; a plan that billed nothing has zeros."""
    basis = "issued" if policy["billing_month_basis"] == "issued_at" else "start"
    sums, named = {}, {}
    for invoice in account.invoices.values():
        at = getattr(invoice, basis)
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
