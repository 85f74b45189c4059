"""Why revenue changed: a month beside the one before it and that of the year before, and what of the difference is price, what
quantity.

The quantity of a month is that of the lines of final invoices, by their days. At the old price per unit the new quantity would
have come to so much: from there the price did the rest.
"""

from datetime import date

import usage
from exact import INSTANT, ZERO, month, month_before, months_on, shares
from revenue import accrued, plus

COMPARISONS = {"previous_month": 1, "previous_year": 12}
USAGE = ("on_demand", "overage", "prepaid_drawdown", "postpaid_drawdown")
NOTHING = (ZERO, ZERO, ZERO)


def compare(account, policy, comparison):
    cells = measured(account, policy)
    told = max((at for at in account.receipts if at), default=None)
    newest = month_before(told) if told else date.min
    first = min((place for months in cells.values() for place, cell in months.items() if cell[0] != 0), default=None)
    open_drafts = {(customer, place) for customer, _, place, _ in accrued(account)}
    expected = {}
    for (customer, product, unit), months in cells.items():
        for name, apart in COMPARISONS.items():
            for place in {*months, *(months_on(one, apart) for one in months)}:
                before = months_on(place, -apart)
                if place > newest or before < first:
                    continue
                was, now = months.get(before, NOTHING), months.get(place, NOTHING)
                if was[0] == 0 and now[0] == 0:
                    continue
                expected[customer, product, str(place), unit, name] = explained(was, now) | {
                    "currency": unit,
                    "prior_month": str(before),
                    "is_partial": month(told + INSTANT) <= place or (customer, str(place)) in open_drafts,
                }
    comparison.report("revenue_flux", ("customer_id", "product_id", "month", "currency", "comparison"), expected)


def measured(account, policy):
    """By customer, product and currency: of each month the revenue, the usage in it, and the quantity of that."""
    cells = {}

    def add(key, place, revenue=ZERO, used=ZERO, quantity=ZERO):
        months = cells.setdefault(key, {})
        months[place] = tuple(map(plus, months.get(place, NOTHING), (revenue, used, quantity)))

    for one in account.earned:
        if not one.is_draft and one.category != "credit_drawdown":
            used = one.amount if one.category in USAGE else ZERO
            add((one.customer, one.product, one.currency), one.month, one.amount, used)
    billed, trueups = usage.roles(account)
    for invoice in account.invoices.values():
        if invoice.status != "FINALIZED" or not invoice.is_counted:
            continue
        for line, what, _, (start, end, _) in usage.told_by(account, invoice, billed, trueups, policy):
            if what != "usage" or not line.product:
                continue
            quantity = line.quantity if line.is_money else None
            for place, share in shares(start, end) if start else [(month(invoice.issued), 1)]:
                part = None if quantity is None else quantity * share
                add((invoice.customer, line.product, invoice.currency), place, quantity=part)
    return cells


def explained(was, now):
    """The difference of two months and what it comes from."""
    (old, old_usage, old_quantity), (new, new_usage, new_quantity) = was, now
    parts = dict.fromkeys(("price_amount", "quantity_amount", "new_amount", "gone_amount", "other_amount"), ZERO)
    difference = None
    if old is None or new is None:
        parts = dict.fromkeys(parts)
    else:
        difference = new - old
        if old == 0:
            parts["new_amount"] = difference
        elif new == 0:
            parts["gone_amount"] = difference
        elif has_prices(old_quantity, new_quantity, new_usage):
            at_old_price = new_quantity * old_usage / old_quantity
            parts["quantity_amount"] = at_old_price - old_usage
            parts["price_amount"] = new_usage - at_old_price
            parts["other_amount"] = difference - (new_usage - old_usage)
        else:
            parts["other_amount"] = difference
    return parts | {
        "prior_amount": old,
        "current_amount": new,
        "difference_amount": difference,
        "prior_quantity": old_quantity,
        "current_quantity": new_quantity,
    }


def has_prices(old_quantity, new_quantity, new_usage):
    if old_quantity is None or new_quantity is None or old_quantity <= 0:
        return False
    return new_quantity > 0 or (new_quantity == 0 and new_usage == 0)
