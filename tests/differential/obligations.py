"""Remaining performance obligations: what is promised for a price, less what was earned of it, and when the rest is expected.

Everything is walked date by date. What of a commit is left belongs to its last segments as far as they grant, and the rest of it to the
first. Fees of scheduled charges are paid in the order of their dates; a date that has passed and that neither a final
invoice nor a draft bills is not counted.
"""

from datetime import date

import fees
import usage
from account import money_of, movements, paid, root, usable
from balances import day_of
from exact import DAY, INSTANT, ZERO, month, months_on, next_month

FIGURES = ("contracted", "recognized", "accrued", "rolled_over", "adjusted")
KEY = ("obligation_type", "customer_id", "contract_id", "commit_id", "product_id", "currency", "from_date")


def compare(account, policy, comparison):
    received = [at for at in account.receipts if at]
    if not received:
        comparison.report("remaining_performance_obligations", KEY, {})
        return
    today = (max(received) - INSTANT).date()
    found = [*commits(account, policy, today), *charges(account, policy, today)]
    begins, year, last = horizon(today, int(policy.get("fiscal_year_start", "01")))
    expected = {}
    for key, amounts, parts in found:
        if amounts is None:
            expected[*key, ""] = dict.fromkeys(("remaining_amount", "by_term_amount", "by_pace_amount", "horizon"))
            continue
        told = {f"{name}_amount": amount for name, amount in zip(FIGURES, amounts)}
        told["remaining_amount"] = amounts[0] - sum(amounts[1:], ZERO)
        for begin, end in zip(begins, [*begins[1:], None]):
            term, pace = (
                sum((until(part, end) - until(part, begin) for part in parts), ZERO) for until in (by_term, by_pace)
            )
            if term or pace:
                expected[*key, str(begin)] = told | {
                    "through_date": end and end - DAY,
                    "horizon": "within 12 months" if begin < year else "12 to 24 months" if begin < last else "later",
                    "by_term_amount": term,
                    "by_pace_amount": pace,
                }
    comparison.report("remaining_performance_obligations", KEY, expected)


def horizon(today, fiscal_start):
    """The first days of the times to come, the day that 12 months are over, and that of 24."""
    first = today + DAY
    year, last = months_on(first, 12), months_on(first, 24)
    begins, place = {first, year, last}, month(first)
    while place < last:
        if first < place and (place.month - fiscal_start) % 3 == 0:
            begins.add(place)
        place = next_month(place)
    return sorted(begins), year, last


def by_term(part, day):
    """What of a part is earned before a day, evenly; None is the end of all days."""
    amount, begin, end, _ = part
    if day is None or (end and end <= day):
        return amount
    if end is None or day <= begin:
        return ZERO
    return amount * (day - begin).days / (end - begin).days


def by_pace(part, day):
    """The same at the pace of use, where there is one."""
    amount, begin, end, pace = part
    if pace is None or day is None or (end and end <= day):
        return by_term(part, day)
    return min(amount, pace * (day - begin).days) if begin < day else ZERO


def is_money(currency):
    return bool(currency) and currency.isupper() and len(currency) == 3


def commits(account, policy, today):
    earned = {}
    for one in account.earned:
        if one.balance and one.what != "fee" and (one.is_draft if one.month is None else one.month <= month(today)):
            earned.setdefault((one.balance, one.currency), []).append(one)
    for one in account.balances.values():
        unit = money_of(account, one)
        if one.type not in ("prepaid", "postpaid") or not is_money(unit):
            continue
        key = (f"{one.type} commit", one.customer, one.contract, one.id, one.product, unit)
        entries = movements(account, one, policy)
        moved = lambda *names: sum((entry.amount for name, _, entry, _ in entries if name in names), ZERO)
        told = earned.get((one.id, unit), [])
        of = lambda drafts, *what: sum((item.amount for item in told if item.is_draft == drafts and item.what in what), ZERO)
        if one.type == "prepaid":
            whole, units = paid(account, one), usable(account, one)
            if whole == 0:
                continue
            if whole is None or not units:
                yield key, None, ()
                continue
            price = whole / units
            void = lambda entry: entry.invoice in account.invoices and account.invoices[entry.invoice].status == "VOID"
            hand = sum(
                (entry.amount for name, _, entry, _ in entries
                 if name in ("manual", "seat_adjustment", "credit_back", "other") and not void(entry)), ZERO,
            )
            rolled = -sum((entry.amount for name, _, entry, _ in entries if name == "rollover" and not void(entry)), ZERO)
            taken = -hand if units == one.granted else ZERO
            amounts = (
                whole, of(False, "drawdown", "expiration"), of(True, "drawdown"), rolled * price, taken * price,
            )
        else:
            if one.currency != unit:
                continue
            price, due = 1, of(True, "trueup")
            whole = one.granted + moved("manual", "seat_adjustment")
            final = -moved("drawdown", "void_drawdown", "credit_back", "true_up", "other")
            drafted, rolled, lapsed = -moved("draft_drawdown"), -moved("rollover"), -moved("expiry")
            left = whole - final - drafted - rolled - lapsed
            amounts = (whole, final, drafted + min(due, max(left, ZERO)), rolled, lapsed)
        remaining = amounts[0] - sum(amounts[1:], ZERO)
        if remaining:
            yield key, amounts, segments(one, remaining, price, pace_of(one, entries, price), today)


def pace_of(one, entries, price):
    """What was used a day since the begin of the term; None where that is to come."""
    known = (one.as_of - INSTANT).date()
    if one.start is None or one.start.date() > known:
        return None
    first = one.start.date()
    last = min((one.end - INSTANT).date(), known) if one.end else known
    drawn = sum(
        (-entry.amount for name, _, entry, undone in entries
         if not undone and (name.endswith("drawdown") or name == "credit_back")
         and max(first, day_of(name, entry, known)) <= last), ZERO,
    )
    return max(drawn, ZERO) * price / ((last - first).days + 1)


def segments(one, remaining, price, pace, today):
    """What remains by segment: the last first, as far as they grant."""
    spans = sorted(
        ((end and (end - INSTANT).date() + DAY, start.date(), number, granted * price)
         for number, (start, end, granted) in enumerate(one.segments)),
        key=lambda span: (span[0] or date.max, span[1], str(span[2])),
    )
    left, parts = remaining, []
    for end, start, _, granted in reversed(spans[1:]):
        part = min(granted, max(left, ZERO))
        left -= part
        parts.append(stretch(part, start, end, pace, today))
    end, start = spans[0][:2] if spans else (None, today)
    return [*parts, stretch(left, start, end, pace, today)]


def stretch(amount, start, end, pace, today):
    """A part with the days to come in which it may be earned."""
    return amount, max(start, today + DAY), end and max(end, today + 2 * DAY), pace


def charges(account, policy, today):
    place = month(today)
    open_items, scheduled = unbilled(account, policy, today)
    found = {}
    for one in account.earned:
        if one.what != "fee" or not is_money(one.currency):
            continue
        kind = "scheduled charge" if one.category == "scheduled" else one.category
        was = one.is_draft if one.month is None else one.month <= place
        is_told = one.category == "scheduled" and (one.contract, one.product, one.currency) in scheduled
        if not was and (one.is_draft or not (is_told or one.booked <= place)):
            continue
        customer = account.contract_customers.get(one.contract) or one.customer
        sums, parts = found.setdefault((kind, customer, one.contract, "", one.product, one.currency), ([ZERO] * 5, []))
        sums[0] += one.amount
        if one.is_draft:
            sums[2] += one.amount
        elif was:
            sums[1] += one.amount
        else:
            parts.append(stretch(one.amount, one.month, next_month(one.month), None, today))
    for (contract, product, unit), items in open_items.items():
        customer = account.contract_customers.get(contract, "")
        for amount, begin, end in items:
            key = ("scheduled charge", customer, contract, "", product, unit)
            sums, parts = found.setdefault(key, ([ZERO] * 5, []))
            sums[0] += amount
            parts.append(stretch(amount, begin, end, None, today))
    return [(key, sums, parts) for key, (sums, parts) in found.items() if sums[0] - sum(sums[1:], ZERO)]


def unbilled(account, policy, today):
    """What no invoice bills of scheduled charges, by contract, product and currency, and which of these there are."""
    billed, trueups = usage.roles(account)
    final, drafted = {}, {}
    for invoice in account.invoices.values():
        if invoice.status not in ("FINALIZED", "DRAFT") or not invoice.is_counted:
            continue
        for line in invoice.lines:
            if usage.role(account, line, billed, trueups) != "scheduled" or not line.is_money:
                continue
            key, day = (invoice.contract, line.product, line.currency), None
            if usage.is_fee_without_period(account, line, billed, trueups):
                day = fees.billed_on(invoice)
            if not invoice.is_draft:
                final[key] = final.get(key, ZERO) + line.total
            elif day is None or day <= today:
                drafted[key] = drafted.get(key, ZERO) + line.total
    accrued = {}
    for one in account.earned:
        if one.what == "fee" and one.is_draft and one.category == "scheduled":
            key = (one.contract, one.product, one.currency)
            accrued[key] = accrued.get(key, ZERO) + one.amount
    dates = {}
    for (contract, product), listed in account.scheduled.items():
        first, end = account.contract_days.get(contract, (None, None))
        for number, (amounts, months) in enumerate(listed):
            unit = account.charge_currencies[contract, product][number]
            if not is_money(unit):
                continue
            days = sorted(amounts)
            for spot, day in enumerate(days):
                begin, stop = fees.lasting(days, spot, months, first, end, True)
                if not (begin and stop and begin < stop):
                    begin, stop = day, months_on(day, 12) if policy["fees_without_term"] == "over_a_year" else day + DAY
                dates.setdefault((contract, product, unit), []).append((day, number, amounts[day], begin, stop))
    found = {}
    for key, items in dates.items():
        items.sort()
        _, end = account.contract_days.get(key[0], (None, None))
        paid_for = final.get(key, ZERO) + accrued.get(key, ZERO)
        passed, coming = [item for item in items if item[0] <= today], [item for item in items if item[0] > today]
        due = sum((item[2] for item in passed), ZERO)
        purse = max(paid_for - due, ZERO)
        told = min(max(due - paid_for, ZERO), max(drafted.get(key, ZERO) - accrued.get(key, ZERO), ZERO))
        is_over = bool((account.contracts.get(key[0]) or {}).get("archived_at"))
        for day, _, amount, begin, stop in reversed(passed):
            part = max(min(told, amount), ZERO)
            told -= part
            if part and not is_over:
                found.setdefault(key, []).append((part, begin, stop))
        for day, _, amount, begin, stop in coming:
            taken = max(min(purse, amount), ZERO)
            part, purse = amount - taken, purse - taken
            if part and not is_over and not (end and day > end):
                found.setdefault(key, []).append((part, begin, stop))
    return found, set(dates)
