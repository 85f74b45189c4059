"""Every invoice, and every line of the finalized ones: what each is, what it is for, and what it adds to its invoice."""

import usage
from account import scale
from dimensions import escaped
from exact import ZERO, exact, moment, month, written
from invoices import status


def compare(account, policy, comparison):
    billed, trueups = usage.roles(account)
    stands = status(account, policy)
    counting = {invoice.id: in_total(account, invoice) for invoice in account.invoices.values()}
    comparison.report("invoices", ("invoice_id",), headers(account, stands, counting, billed, trueups))
    comparison.report(
        "invoice_lines", ("line_item_id", "sub_line_item_id"), lines(account, stands, counting, billed, trueups)
    )


def in_total(account, invoice):
    """The lines that count for an invoice, by id. What is applied of a postpaid commit is billed all the same and only
    informs; so does what is applied of a commit of which nothing was delivered, where the others are the total without it."""
    sure, open_ = [], []
    for line in invoice.lines:
        types = account.commit_types.get(line.commit, set())
        applied = line.is_application and bool(line.commit)
        if not applied or (types and "postpaid" not in types):
            sure.append(line)
        elif not types:
            open_.append(line)
    is_whole = bool(sure) and sum((line.total for line in sure if line.is_money), ZERO) == invoice.total
    if invoice.is_draft or not is_whole:
        sure += open_
    return {line.id for line in sure}


def headers(account, stands, counting, billed, trueups):
    expected, named = {}, {}
    for balance, invoice in [*billed, *trueups]:
        named.setdefault(invoice, set()).add(account.balances[balance].type)
    itemized = {invoice.status for invoice in account.invoices.values() if invoice.lines}
    for invoice in account.invoices.values():
        stand, counts = stands[(invoice.id,)], counting[invoice.id]
        own = [line for line in invoice.lines if line.id in counts and line.is_money]
        is_itemized = bool(invoice.lines) or (invoice.total == 0 and invoice.status in itemized)
        applied = sum((line.total for line in own if line.is_application), ZERO) if is_itemized else None
        row = invoice.row
        expected[(invoice.id,)] = {
            "customer_id": invoice.customer,
            "customer_name": name(account, invoice),
            "contract_id": invoice.contract,
            "plan_id": row["plan_id"],
            "plan_name": escaped(row["plan_name"]),
            "invoice_type": invoice.label,
            "invoice_kind": kind(account, invoice, named, billed, trueups),
            "invoice_status": invoice.status,
            "is_counted": invoice.is_counted,
            "billing_month": billing_month(invoice, stand),
            "starting_at": written(invoice.start),
            "ending_before": written(invoice.end),
            "billing_provider": row["billing_provider_type"],
            "billing_provider_invoice_id": row["billing_provider_invoice_id"],
            "billing_provider_status": row["billing_provider_invoice_external_status"].upper(),
            "subtotal_amount": None if applied is None or invoice.total is None else invoice.total - applied,
            "applied_amount": applied,
            "line_count": len(own),
            "is_itemized": is_itemized,
        } | {
            column: stand[column]
            for column in (
                "issued_date", "due_date", "payment", "ageing_bucket", "currency", "total_amount", "outstanding_amount",
            )
        }
    return expected


def name(account, invoice):
    return escaped(account.customers[invoice.customer]["name"]) if invoice.customer in account.customers else ""


def billing_month(invoice, stand):
    day = invoice.start or stand["issued_date"]
    return day and month(day)


def kind(account, invoice, named, billed, trueups):
    """What an invoice is for, as a whole: what a schedule or ledger names counts where it has no usage."""
    if invoice.start is not None and usage.is_usage(account, invoice, billed, trueups):
        return "usage"
    if invoice.id in named:
        return "true_up" if "postpaid" in named[invoice.id] else "scheduled"
    return "usage" if invoice.start is not None else "scheduled"


def lines(account, stands, counting, billed, trueups):
    expected = {}
    for invoice in account.invoices.values():
        if invoice.status != "FINALIZED":
            continue
        stand = stands[(invoice.id,)]
        for line in invoice.lines:
            balance = account.balances.get(line.commit)
            counts = line.id in counting[invoice.id]
            told, metric = product(account, line)
            what = line_type(account, line, billed, trueups)
            of_line = {
                "invoice_id": invoice.id,
                "customer_id": invoice.customer,
                "customer_name": name(account, invoice),
                "contract_id": invoice.contract,
                "billing_month": billing_month(invoice, stand),
                "issued_date": stand["issued_date"],
                "is_counted": invoice.is_counted,
                "line_type": what,
                "product_id": line.product,
                "product_name": escaped(told or line.row["name"]),
                "starting_at": written(line.start),
                "ending_before": written(line.end),
                "currency": line.currency,
                "is_in_total": counts,
                "balance_id": line.commit,
                "balance_type": balance and balance.type,
                "balance_name": balance and escaped(balance.name),
                "credit_grant_id": line.grant,
            }
            for sub, figures in parts(account, line, metric):
                unit = figures.pop("metric")
                expected[line.id, sub] = of_line | figures | {
                    "quantity_unit": escaped(account.metric_names.get(unit, "")) if what == "usage" else None,
                    "invoiced_amount": figures["total_amount"] if counts and line.is_money else ZERO,
                }
    return expected


def parts(account, line, metric):
    """A line, or its sub lines: each with what it says, how much of what it bills, and at what price."""
    unit = scale(line.row["credit_type_id"])
    subs = account.sub_lines.get(line.id, [])
    for row in subs or [line.row]:
        quantity = exact(row["quantity"])
        total = exact(row["subtotal"]) * unit if subs else line.total
        price = None if subs else exact(line.row["unit_price"])
        if price is not None:
            price *= unit
        elif quantity:
            price = total / quantity
        yield row["id"] if subs else "", {
            "description": escaped(row["name"] or line.row["name"]),
            "quantity": quantity,
            "unit_price": price,
            "total_amount": total,
            "metric": (row["billable_metric_id"] if subs else "") or metric,
        }


def product(account, line):
    """The name of a line's product, and the metric that counts it as it is billed: of a contract's, those of the version that was in
    force at the end of the service period, or of an invoice without one those of the newest."""
    began = lambda row: moment(row["starting_at"])
    versions = [
        row
        for row in account.versions.get(line.product, [])
        if began(row) is None
        or (line.invoice.end is not None and began(row) < line.invoice.end)
        or (line.invoice.start is None and line.invoice.end is None)
    ]
    latest = max(
        versions,
        key=lambda row: (began(row) is not None, began(row) or 0, int(row["version"] or -1), row["id"]),
        default=None,
    )
    told = account.product_names.get(line.product) or (latest["name"] if latest else "")
    is_as_measured = latest is not None and not latest["quantity_conversion"] and not latest["quantity_rounding"]
    return told, latest["billable_metric_id"] if is_as_measured else ""


def line_type(account, line, billed, trueups):
    """What a line is, as the API calls it."""
    if line.is_application:
        return "applied_credit_grant" if line.grant else "applied_commit_or_credit"
    what = usage.role(account, line, billed, trueups)
    if what in ("purchase", "trueup"):
        return "commit_purchase"
    if what in ("usage", "scheduled") and not line.product:
        return "invoice_adjustment"
    return what
