"""Commits and credits: how they moved, by month and by day, and what became of what was promised."""

from math import ceil

import usage
from account import basis, money_of, movements, paid
from exact import DAY, INSTANT, ZERO, month, month_before, months_between, written

MOVED = (
    "grant", "drawdown", "draft_drawdown", "void_drawdown", "expiry", "rollover", "manual", "seat_adjustment",
    "credit_back", "true_up", "other",
)
CENTURY = 36525


def compare(account, policy, comparison):
    moved = {one.id: movements(account, one, policy) for one in account.balances.values()}
    used = usage.by_month(account, policy)
    comparison.report("balance_rollforward", ("balance_id", "month"), rollforward(account, moved))
    comparison.report("commit_schedule", ("commit_id", "month"), schedule(account, moved, used))
    comparison.report("commit_burndown", ("commit_id", "day"), burndown(account, moved))
    comparison.report("breakage", ("commit_id",), breakage(account, moved))
    comparison.report("overage_and_trueup", ("commit_id",), settlement(account, moved, used))


def added(amounts):
    return sum(amounts, ZERO)


def rollforward(account, moved):
    """Every month from the first movement to the last, or to that of the snapshot where something is left."""
    expected = {}
    for one in account.balances.values():
        entries = moved[one.id]
        if not entries:
            continue
        months = [place for _, place, _, _ in entries]
        last = max(months)
        if added(entry.amount for _, _, entry, _ in entries) != 0:
            last = max(last, month(one.as_of))
        by_month = {}
        for name, place, entry, _ in entries:
            sums = by_month.setdefault(place, {})
            sums[name] = sums.get(name, ZERO) + entry.amount
        opening = ZERO
        for place in months_between(min(months), last):
            sums = by_month.get(place, {})
            closing = opening + added(sums.values())
            expected[one.id, str(place)] = {
                "currency": one.currency,
                "opening_amount": opening,
                "closing_amount": closing,
            } | {f"{name}_amount": sums.get(name, ZERO) for name in MOVED}
            opening = closing
    return expected


def term_months(one):
    """First and last month of a term; the last is None where it never ends."""
    return month(one.start), month_before(one.end) if one.end else None


def schedule(account, moved, used_by):
    """Every month of a term, and those outside it in which something moved. Drafts and what is undone do not count."""
    expected = {}
    for one in account.balances.values():
        entries = [
            (name, place, entry)
            for name, place, entry, undone in moved[one.id]
            if name != "draft_drawdown" and not undone
        ]
        months = [place for _, place, _ in entries]
        if one.start is None and not months:
            continue
        first_of_term, last_of_term = term_months(one)
        known = max([month(one.as_of), *months])
        whose = ("contract", one.contract) if one.contract else ("customer", one.customer)
        left = ZERO
        for place in months_between(min([first_of_term, *months]), max([last_of_term or month(one.as_of), *months])):
            now = [(name, entry.amount) for name, at, entry in entries if at == place]
            left += added(amount for _, amount in now)
            expired = -added(amount for name, amount in now if name == "expiry")
            trued_up = -added(amount for name, amount in now if name == "true_up")
            in_term = first_of_term <= place and (last_of_term is None or place <= last_of_term)
            used = used_by.get((whose, place, one.currency)) if in_term else None
            figures = [*(used or [ZERO, ZERO, ZERO]), left + expired + trued_up, expired, trued_up]
            if one.is_quantity:
                figures[:3] = [None] * 3
            if place > known:
                figures = [None] * 6
            names = ("usage", "overage", "invoice", "remaining_balance", "expired", "trueup")
            expected[one.id, str(place)] = {"contract_id": one.contract, "currency": one.currency} | {
                f"{name}_amount": figure for name, figure in zip(names, figures)
            }
    return expected


def day_of(name, entry, known):
    """The day on which an entry shows: of a draw the last day of the service; a draft's no later than known."""
    if name == "draft_drawdown":
        return min((entry.at - INSTANT).date(), known)
    return (entry.at - INSTANT).date() if name.endswith("drawdown") else entry.at.date()


def burndown(account, moved):
    expected = {}
    for one in account.balances.values():
        # The day that was over, or going on, when the snapshot was made.
        known = (one.as_of - INSTANT).date()
        if one.start is None or one.start.date() > known:
            continue
        first = one.start.date()
        last = (one.end - INSTANT).date() if one.end else None
        by_day = {}
        for name, _, entry, undone in moved[one.id]:
            if undone:
                continue
            sums = by_day.setdefault(max(first, day_of(name, entry, known)), [ZERO, ZERO])
            sums[0] += entry.amount
            sums[1] -= entry.amount if name.endswith("drawdown") or name == "credit_back" else 0
        pace = [
            (start.date(), (end - INSTANT).date() if end else None, granted) for start, end, granted in one.segments
        ]
        left, drawn, used_up, day, elapsed = ZERO, ZERO, None, first, 0
        while day <= min(last or known, known):
            elapsed += 1
            if day in by_day:
                left, drawn = left + by_day[day][0], drawn + by_day[day][1]
            if used_up is None and left <= 0 < drawn:
                used_up = day
            expected[one.id, str(day)] = {
                "currency": one.currency,
                "drawn_amount": drawn,
                "remaining_amount": left,
                "expected_remaining_amount": even_pace(pace, day),
                "run_out_date": run_out(left, drawn, day, elapsed, used_up),
                "days_left": (last - day).days if last else None,
            }
            day += DAY
    return expected


def even_pace(segments, day):
    """What would be left if every segment that began were used up in equal parts by day; None where one never ends."""
    begun = [segment for segment in segments if segment[0] <= day]
    if not begun or any(end is None for _, end, _ in begun):
        return None
    return added(
        granted * max((end - day).days, 0) / ((end - start).days + 1) for start, end, granted in begun if end >= start
    )


def run_out(left, drawn, day, elapsed, used_up):
    """When it is used up at the pace so far, or was."""
    if left <= 0:
        return used_up
    if drawn <= 0 or left * elapsed > drawn * CENTURY:
        return None
    return day + ceil(left * elapsed / drawn) * DAY


def of(entries, *names):
    return added(entry.amount for name, _, entry, _ in entries if name in names)


def is_settled(one, entries):
    return one.is_ended and not any(name == "draft_drawdown" for name, _, _, _ in entries)


def breakage(account, moved):
    expected = {}
    for one in account.balances.values():
        if one.type != "prepaid":
            continue
        entries, price, settled = moved[one.id], basis(account, one), is_settled(one, moved[one.id])
        drawn, lapsed, rolled = (-of(entries, name) for name in ("drawdown", "expiry", "rollover"))
        worth = lambda amount: None if price is None else amount * price
        expected[(one.id,)] = {
            "contract_id": one.contract,
            "is_settled": settled,
            "starting_at": written(one.start),
            "ending_before": written(one.end),
            "currency": money_of(account, one),
            "cost_basis": price,
            "purchased_amount": paid(account, one),
            "drawn_amount": worth(drawn),
            "expired_amount": worth(lapsed),
            "rolled_over_amount": worth(rolled),
            "expected_breakage_amount": worth(lapsed) if settled else None,
            "on_expiry_recognized_amount": worth(drawn + lapsed),
            "proportional_recognized_amount": worth(drawn + lapsed) if settled else None,
        }
    return expected


def settlement(account, moved, used_by):
    """What was promised, consumed and settled; overage is that of the contract in the months of the term."""
    overage, expected = {}, {}
    for (whose, place, unit), used in used_by.items():
        overage.setdefault((whose, unit), []).append((place, used[1]))
    for one in account.balances.values():
        if one.type not in ("prepaid", "postpaid"):
            continue
        entries = moved[one.id]
        left = added(entry.amount for _, _, entry, _ in entries)
        whose = ("contract", one.contract) if one.contract else ("customer", one.customer)
        over = added(
            amount
            for place, amount in overage.get((whose, one.currency), [])
            if month(one.start) <= place and (one.end is None or place < one.end.date())
        )
        expected[(one.id,)] = {
            "balance_type": one.type,
            "is_settled": is_settled(one, entries),
            "currency": one.currency,
            "committed_amount": of(entries, "grant", "manual", "seat_adjustment"),
            "consumed_amount": -of(entries, "drawdown"),
            "draft_amount": -of(entries, "draft_drawdown"),
            "trueup_amount": -of(entries, "true_up"),
            "expired_amount": -of(entries, "expiry"),
            "rolled_over_amount": -of(entries, "rollover"),
            "corrected_amount": of(entries, "void_drawdown", "credit_back", "other"),
            "left_amount": left,
            "shortfall_amount": max(left, ZERO) if one.type == "postpaid" and not one.is_ended else None,
            "overage_amount": None if one.is_quantity else over,
        }
    return expected

