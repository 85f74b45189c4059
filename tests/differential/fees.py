"""How long the service lasts that a scheduled fee is billed for, where its line does not say.

From one date of its schedule to the next. The last one lasts until the next date that its rule gives, else to the end of
the contract, else as long as the one before. What is dated at the end of the contract is for the time before. Without a schedule
the dates are those of the invoices, of which nobody knows the last.
"""

from datetime import datetime

from exact import ZERO, months_on


def dates_of_invoices(account, is_fee):
    """By contract and product: the days of invoices that bill a fee without a period."""
    days = {}
    for invoice in account.invoices.values():
        if invoice.status in ("FINALIZED", "DRAFT") and billed_on(invoice):
            for line in invoice.lines:
                if is_fee(line):
                    days.setdefault((invoice.contract, line.product), set()).add(billed_on(invoice))
    return days


def billed_on(invoice):
    """The day of an invoice; a draft that has none is dated the end of the usage on it."""
    at = invoice.issued or invoice.end
    return at and at.date()


def term(account, invoice, product, amount, invoiced, policy):
    """Begin and end of what a fee is for, and whether that is told; Nones where it counts at once."""
    day = billed_on(invoice)
    first, end = account.contract_days.get(invoice.contract, (None, None))
    schedules = account.scheduled.get((invoice.contract, product))
    is_whole = schedules is not None
    if schedules is None:
        schedules = [({one: None for one in invoiced.get((invoice.contract, product), [])}, None)]
    found = []
    for amounts, months in schedules if day and invoice.contract else []:
        days = sorted(amounts)
        passed = [one for one in days if one <= day] or days[:1]
        if passed:
            found.append((amounts[passed[-1]] != amount, len(found), days, days.index(passed[-1]), months))
    if found:
        _, _, days, place, months = min(found)
        begin, stop = lasting(days, place, months, first, end, is_whole)
        if begin and stop and begin < stop:
            return midnight(begin), midnight(stop), True
    if policy["fees_without_term"] == "over_a_year" and day:
        return midnight(day), midnight(months_on(day, 12)), False
    return None, None, False


def lasting(days, place, months, first, end, is_whole):
    day = days[place]
    before = days[place - 1] if place else None
    if end and day >= end:
        return before or first, end
    begin = max(day, first or day)
    if place + 1 < len(days):
        return begin, days[place + 1]
    again = None
    if months:
        again = months_on(day, months)
    elif before:
        apart = (day.year - before.year) * 12 + day.month - before.month
        again = months_on(day, apart) if apart else day + (day - before)
    if is_whole and not months:
        return begin, end or again
    return begin, min((one for one in (again, end) if one), default=None)


def midnight(day):
    return datetime(day.year, day.month, day.day)
