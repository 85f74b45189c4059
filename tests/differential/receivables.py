"""Receivables by the month of issue: what was invoiced, what of it is settled by now, what is owed; and what is earned beside it.

Nobody is told when an invoice was paid. So what is settled counts in the month in which its invoice was issued.
"""

from datetime import date

from exact import ZERO, month, month_before, months_between
from invoices import status
from revenue import accrued, plus

SETTLED = {"paid": "paid_amount", "void": "voided_amount", "dropped": "dropped_amount"}
FIGURES = ("invoiced_amount", *SETTLED.values(), "owed", "unbilled_amount", "billed_later_amount")


def compare(account, policy, comparison):
    moved = {}  # by customer and currency, by month

    def add(customer, unit, place, figure, amount):
        figures = moved.setdefault((customer, unit), {}).setdefault(place, dict.fromkeys(FIGURES, ZERO))
        figures[figure] = plus(figures[figure], amount)

    for (invoice,), stand in status(account, policy).items():
        if stand["ageing_bucket"] in ("draft", "elsewhere"):
            continue
        whose = (stand["customer_id"], stand["currency"], stand["issued_date"] and month(stand["issued_date"]))
        add(*whose, "invoiced_amount", stand["total_amount"])
        add(*whose, SETTLED.get(stand["ageing_bucket"], "owed"), stand["total_amount"])
    for (customer, _, place, unit), row in accrued(account).items():
        add(customer, unit, date.fromisoformat(place) if place else None, "unbilled_amount", row["unbilled_amount"])
    for one in account.earned:
        is_later = one.booked is not None and one.month is not None and one.booked > one.month
        if is_later and not one.is_draft and one.what in ("usage", "fee", "trueup") and one.amount:
            add(one.customer, one.currency, one.month, "billed_later_amount", one.amount)

    newest = [month_before(at) for at in account.receipts if at]
    newest += [place for months in moved.values() for place in months if place]
    expected = {}
    for (customer, unit), months in moved.items():
        known = [place for place in months if place]
        places = list(months_between(min(known, default=max(newest)), max(newest)))
        left = ZERO
        for place in [*([None] if None in months else []), *places]:
            figures = dict(months.get(place) or dict.fromkeys(FIGURES, ZERO))
            opening, left = left, plus(left, figures.pop("owed"))
            expected[customer, str(place or ""), unit] = figures | {"opening_amount": opening, "closing_amount": left}
    comparison.report("receivables_rollforward", ("customer_id", "month", "currency"), expected)
