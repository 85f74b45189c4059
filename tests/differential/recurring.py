"""Recurring revenue at the end of each month: fees that recur, normalised to a month, and what customers are committed to.

A fee is for its period: of whole months each has an equal part; of other times a month has as many of its days as the month
has. A commit has a part at every month's end of its term.
"""

from datetime import date

import usage
from account import money_of, paid
from exact import DAY, INSTANT, ZERO, moment, month, months_on, next_month
from revenue import plus

MOVEMENTS = ("new_amount", "expansion_amount", "contraction_amount", "churned_amount")


def compare(account, policy, comparison):
    told = max((at for at in account.receipts if at), default=None)
    last = months_on(month(told + INSTANT), -1) if told else date.min
    cells = {}  # by whose and currency: of each month fees and commits

    def add(key, place, fee=ZERO, committed=ZERO):
        months = cells.setdefault(key, {})
        months[place] = tuple(map(plus, months.get(place, (ZERO, ZERO)), (fee, committed)))

    for (customer, contract, unit), begin, end, amount in fees(account, policy):
        for place in ends_of_months(begin, end):
            if place <= last:
                add((customer, contract, unit), place, fee=for_a_month(begin, end, amount, place))
    for one in account.balances.values():
        for place, amount in commitment(account, one):
            if place <= last:
                add((one.customer, one.contract, money_of(account, one)), place, committed=amount)
    closing = {}  # by customer, currency and month
    for (customer, _, unit), months in cells.items():
        for place, parts in months.items():
            key = (customer, unit, place)
            closing[key] = plus(closing.get(key, ZERO), plus(*parts))
    expected = {}
    for (customer, contract, unit), months in cells.items():
        if not (unit and len(unit) == 3 and unit.isupper()):
            continue
        for place in {*months, *map(next_month, months)}:
            before = months_on(place, -1)
            opened, closed = (plus(*months.get(one, (ZERO, ZERO))) for one in (before, place))
            if place > last or opened == closed == 0:
                continue
            had, has = closing.get((customer, unit, before), ZERO), closing.get((customer, unit, place), ZERO)
            expected[customer, contract, str(place), unit] = movement(opened, closed, had, has) | {
                "currency": unit,
                "opening_amount": opened,
                "recurring_amount": closed,
                "subscription_amount": months.get(place, (ZERO, ZERO))[0],
                "committed_amount": months.get(place, (ZERO, ZERO))[1],
                "annual_amount": None if closed is None else 12 * closed,
            }
    comparison.report("recurring_revenue", ("customer_id", "contract_id", "month", "currency"), expected)


def movement(opened, closed, had, has):
    """What moved; of a customer that had so much, and has so much now."""
    if opened is None or closed is None:
        return dict.fromkeys(MOVEMENTS)
    moved = dict.fromkeys(MOVEMENTS, ZERO)
    more = closed - opened
    all_in_all = had if more > 0 else has
    if more and all_in_all is None:
        return dict.fromkeys(MOVEMENTS)
    if more > 0:
        moved["expansion_amount" if had else "new_amount"] = more
    elif more < 0:
        moved["contraction_amount" if has else "churned_amount"] = more
    return moved


def day_after(end):
    """The day after the last one that has a part of a time."""
    return (end - INSTANT).date() + DAY


def ends_of_months(begin, end):
    """The months whose last day lies between two days, the second one excluded."""
    place = month(begin)
    while next_month(place) <= end:
        yield place
        place = next_month(place)


def fees(account, policy):
    """Every fee that recurs: whose it is, its first day and the one after its last, what is asked for it before free credits."""
    billed, trueups = usage.roles(account)
    found, starts = [], {}
    for invoice in account.invoices.values():
        if invoice.status not in ("FINALIZED", "DRAFT") or not invoice.is_counted:
            continue
        for one in usage.netted(account, invoice, billed, trueups, policy):
            if one.role in ("subscription", "scheduled") and one.currency == invoice.currency and one.start:
                found.append((invoice, one))
                if one.role == "scheduled":
                    starts.setdefault((invoice.contract, one.product), set()).add(one.start)
    for invoice, one in found:
        place = (invoice.contract, one.product)
        if one.role == "scheduled":
            if not all(place) or not recurs(account.scheduled.get(place), starts[place]):
                continue
        whose = (invoice.customer, invoice.contract, one.currency)
        yield whose, one.start.date(), day_after(one.end), one.open + one.credited


def recurs(charges, starts):
    """Whether a fee has a rule or several dates; where no charge says it, whether it was billed for several times."""
    if charges is None:
        return len(starts) > 1
    return any(rule for _, rule in charges) or len({day for days, _ in charges for day in days}) > 1


def for_a_month(begin, end, amount, place):
    apart = (end.year - begin.year) * 12 + end.month - begin.month
    if apart and (months_on(begin, apart) == end or months_on(end, -apart) == begin):
        return amount / apart
    return amount * (next_month(place) - place).days / (end - begin).days


def commitment(account, one):
    """What a customer is committed to by a commit, at every month's end of its term until it or its contract is withdrawn."""
    if one.type not in ("prepaid", "postpaid") or one.start is None or one.end is None or one.start >= one.end:
        return
    if one.rolled_from and not sum((amount for _, amount in one.bills or []), ZERO):
        return
    is_promised = one.type == "postpaid" and one.currency == money_of(account, one)
    amount = one.granted if is_promised else paid(account, one)
    if amount == 0:
        return
    ends = [
        (list(ends_of_months(start.date(), day_after(end))) if start else [], granted)
        for start, end, granted in one.segments
    ]
    if not all(places and granted > 0 for places, granted in ends):
        whole = ends_of_months(one.start.date(), day_after(one.end))
        ends = [(list(whole), one.granted or 1)]
    archived = moment(account.contracts.get(one.contract, {}).get("archived_at"))
    whole = sum(granted for _, granted in ends)
    for places, granted in ends:
        for place in places:
            if archived is None or archived.date() >= next_month(place):
                yield place, None if amount is None else amount * granted / whole / len(places)
