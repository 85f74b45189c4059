"""Revenue: what each line and each lapse is worth, in which month; what drafts have earned; how near drafts were."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import usage
from account import basis, currency, may_use, money_of, movements, paid, root, scale
from exact import ZERO, exact, moment, month, month_before, months_between, shares, zoned


@dataclass
class Earned:
    """Something earned in a month."""

    what: str  # usage, drawdown, credit, fee, trueup or expiration
    category: str
    invoice: str
    is_draft: bool
    customer: str
    contract: str
    product: str
    balance: str
    pool: str  # the commit first paid for, of what is drawn or lapses of prepaid ones
    currency: str
    booked: date  # the month it was billed in
    month: date
    list: Fraction  # as billed or drawn; None where it was drawn in no money
    amount: Fraction  # revenue; None where the cost basis is not known


@dataclass
class Booking:
    """The purchase of a prepaid commit."""

    line: str
    pool: str
    balance: str
    customer: str
    contract: str
    product: str
    invoice: str
    at: object
    currency: str
    amount: Fraction
    is_elsewhere: bool = False  # billed by somebody else


def compare(account, policy, comparison):
    account.earned, account.bookings = earnings(account, policy)
    comparison.report(
        "revenue_schedule",
        ("customer_id", "contract_id", "product_id", "month", "category", "currency"),
        *without_zeros(schedule(account), comparison.rows("revenue_schedule"), ("list_amount", "recognized_amount")),
    )
    comparison.report("accrued_revenue", ("customer_id", "product_id", "month", "currency"), accrued(account))
    comparison.report("draft_to_final_variance", ("customer_id", "product_id", "month", "currency"), variance(account))
    comparison.report(
        "deferred_revenue_waterfall",
        ("customer_id", "contract_id", "commit_id", "booking_month", "recognition_month", "currency"),
        waterfall(account),
    )


def without_zeros(expected, rows, columns):
    """Both sides without rows of nothing: whether 0 has a row is no figure."""
    kept = {key: row for key, row in expected.items() if any(row[column] != 0 for column in columns)}
    return kept, None if rows is None else (row for row in rows if any(row[column] != "0" for column in columns))


def earnings(account, policy):
    """Everything that was earned, month by month, and every purchase."""
    billed, trueups = usage.roles(account)
    earned, bookings, settled = [], [], set()
    commits = commits_by_customer(account)
    for invoice in account.invoices.values():
        if invoice.status not in ("FINALIZED", "DRAFT") or not invoice.is_counted:
            continue
        for one in usage.netted(account, invoice, billed, trueups, policy):
            earned.extend(of_netted(account, invoice, one, commits, policy))
        for line, what, _, times in usage.told_by(account, invoice, billed, trueups, policy):
            if what == "purchase" and not invoice.is_draft:
                bookings.append(booking(account, line, policy))
            elif what == "trueup":
                settled.add(line.commit)
                earned.extend(of_trueup(account, line, trueups, policy))
            elif what == "application":
                earned.extend(of_application(account, line, times, commits, policy))
    earned.extend(lapses(account, policy))
    earned.extend(shortfalls(account, settled, policy))
    if policy["billed_elsewhere"] == "clearing":
        bookings.extend(elsewhere(account, policy))
    return earned, bookings


def elsewhere(account, policy):
    """Purchases that the vendor does not bill: on the dates of the schedule that have come, else when the commit begins."""
    for one in account.balances.values():
        first = root(account, one)
        if one.type != "prepaid" or one.is_billed_here or one.bills is None or (first is not one and not one.bills):
            continue
        due = one.due or [(one.start, paid(account, one))]
        for number, (at, amount) in enumerate(due):
            if amount and at is not None and at < one.as_of:
                name = f"schedule/{one.id}/{number}" if one.due else f"schedule/{one.id}"
                yield Booking(
                    name, first.id, one.id, one.customer, one.contract, one.product, "", zoned(at, policy),
                    money_of(account, one), amount, True,
                )


def commits_by_customer(account):
    """When which contract of each customer had a commit to use."""
    commits = {}
    for one in account.balances.values():
        if one.type in ("prepaid", "postpaid"):
            spans = [(one.contract, start, end) for start, end, _ in one.segments if start is not None]
            commits.setdefault(one.customer, []).extend(spans)
            for contract in account.parents:
                if may_use(account, contract, one):
                    below = [(contract, start, end) for _, start, end in spans]
                    commits.setdefault(account.contract_customers.get(contract), []).extend(below)
    return commits


def booking(account, line, policy):
    balance, invoice = account.balances[line.commit], line.invoice
    return Booking(
        line.id, root(account, balance).id, balance.id, invoice.customer, invoice.contract, line.product, invoice.id,
        zoned(invoice.issued, policy), invoice.currency, line.total,
    )


def of_invoice(invoice, what, category, product, balance, unit, listed, amount, policy):
    booked = month(zoned(invoice.issued, policy)) if invoice.issued else None
    return Earned(
        what, category, invoice.id, invoice.is_draft, invoice.customer, invoice.contract, product, balance, "", unit,
        booked, None, listed, amount,
    )


def by_usage(account, invoice, product, payer, unit, start, end):
    """The months of usage on a draft with their shares, as its days tell; nothing where they do not. What has no payer is all
    that the lines come to; a payer covers what is applied of it, or where nothing is, the lines that name it."""
    if not invoice.is_draft or not product or start is None:
        return None
    days = [
        (at, commit, amount)
        for at, of, commit, currency, amount in account.draft_days.get(invoice.id, [])
        if of == product and currency == unit and start <= at < end
    ]
    if payer:
        days = [day for day in days if day[1] == payer]
        applied = [day for day in days if day[2] < 0]
        days = [(at, commit, abs(amount)) for at, commit, amount in applied or days]
    whole = sum((amount for _, _, amount in days), ZERO)
    months = {}
    for at, _, amount in days:
        months[month(at)] = months.get(month(at), ZERO) + amount
    return [(place, amount / whole) for place, amount in months.items()] if whole else None


def dated(one, start, end, until, at, told=None):
    """Splits as told, else over the days of a period, or dates at once; of a fee on a draft only what has passed."""
    if start is None:
        yield replace(one, month=month(at) if at else None)
        return
    if until is not None and until <= start:
        return
    for place, share in told or shares(start, end, until):
        part = lambda amount: None if amount is None else amount * share
        yield replace(one, month=place, list=part(one.list), amount=part(one.amount))


def uncovered(invoice, start, end, commits, policy):
    """What usage is called that nothing covers: overage where there was a commit for the contract to use then."""
    since, until = start or invoice.issued, end or invoice.issued
    has_commit = until is not None and any(
        contract in ("", invoice.contract) and begin < until and (stop is None or since < stop)
        for contract, begin, stop in commits.get(invoice.customer, [])
    )
    return "overage" if has_commit and policy["uncovered_usage"] == "overage" else "on_demand"


def of_netted(account, invoice, one, commits, policy):
    """What is billed for usage and fees and no prepaid commit and no credit paid."""
    if one.currency != invoice.currency:
        return
    make = lambda what, category, commit, amount: dated(
        of_invoice(invoice, what, category, one.product, commit, one.currency, amount, amount, policy),
        one.start, one.end, one.until, invoice.issued,
        by_usage(account, invoice, one.product, commit, one.currency, one.start, one.end) if what == "usage" else None,
    )
    if one.role == "usage":
        if one.open:
            yield from make("usage", uncovered(invoice, one.start, one.end, commits, policy), "", one.open)
        if one.postpaid:
            yield from make("usage", "postpaid_drawdown", one.postpaid_commit, one.postpaid)
    # What a draft plans for a date is not earned before it.
    elif one.open + one.postpaid and not (invoice.is_draft and one.start is None):
        yield from make("fee", one.role, one.postpaid_commit, one.open + one.postpaid)


def settled_in(at, policy):
    """The month of what settles a term."""
    return month_before(at) if policy["expiry_month"] == "term_end" else month(at)


def of_trueup(account, line, trueups, policy):
    """A true-up, in the month of the settlement that the ledger tells, or else the end of the term; a draft when that is over."""
    invoice, balance = line.invoice, account.balances[line.commit]
    if not line.is_money:
        return
    known, counted = invoice.told or invoice.issued, trueups.get((line.commit, line.invoice.id))
    if counted is None and balance.end and known and balance.end <= known:
        counted = balance.end
    if invoice.is_draft and (counted is None or counted > invoice.told):
        return
    one = of_invoice(
        invoice, "trueup", "true_up", line.product, line.commit, line.currency, line.total, line.total, policy
    )
    yield replace(one, month=settled_in(counted, policy) if counted else one.booked)


def shortfalls(account, settled, policy):
    """What a postpaid commit was not used for, where its term is over, drafts draw on it, and no true-up bills it yet."""
    for one in account.balances.values():
        left = sum((entry.amount for entry in one.ledger), ZERO)
        is_drafted = any(name == "draft_drawdown" for name, _, _, _ in movements(account, one, policy))
        is_due = one.type == "postpaid" and one.is_ended and is_drafted and left > 0 and one.id not in settled
        if is_due and one.currency == money_of(account, one):
            yield Earned(
                "trueup", "true_up", "", True, one.customer, one.contract, one.product, one.id, "", one.currency, None,
                settled_in(one.end, policy), left, left,
            )


def of_application(account, line, times, commits, policy):
    """What is drawn: from a prepaid commit revenue at its cost basis; from a credit none."""
    invoice, balance = line.invoice, account.balances.get(line.commit)
    start, end, until = times
    make = lambda what, category, commit, listed, amount: dated(
        of_invoice(invoice, what, category, line.product, commit, invoice.currency, listed, amount, policy),
        *times, invoice.issued,
        by_usage(account, invoice, line.product, commit, line.currency, start, end) if until is None else None,
    )
    if line.grant and not line.commit and line.is_money:
        yield from make("usage", uncovered(invoice, start, end, commits, policy), "", line.total, line.total)
    if balance and balance.type == "prepaid":
        price = basis(account, balance)
        listed = -line.total if balance.currency == invoice.currency else None
        worth = None if price is None else -line.total * price
        for one in make("drawdown", "prepaid_drawdown", balance.id, listed, worth):
            yield replace(one, pool=root(account, balance).id)
    elif not (balance and balance.type == "postpaid") and line.is_money:
        yield from make("credit", "credit_drawdown", line.commit, -line.total, ZERO)


def lapses(account, policy):
    """What lapsed of prepaid commits, in the month that policy says."""
    for one in account.balances.values():
        if one.type != "prepaid":
            continue
        price, unit = basis(account, one), money_of(account, one)
        for place, amount in lapsed_by_month(account, one, policy):
            yield Earned(
                "expiration", "expiration", "", False, one.customer, one.contract, one.product, one.id,
                root(account, one).id, unit, None, place, amount if one.currency == unit else None,
                None if price is None else amount * price,
            )


def lapsed_by_month(account, one, policy):
    """When it lapsed; or, where breakage is proportional and the term settled, with what was drawn, in proportion."""
    moved = movements(account, one, policy)
    lapsed = [(place, -entry.amount) for name, place, entry, _ in moved if name == "expiry"]
    drawn = [(place, -entry.amount) for name, place, entry, _ in moved if name == "drawdown"]
    all_drawn, all_lapsed = (sum((amount for _, amount in part), ZERO) for part in (drawn, lapsed))
    is_settled = one.is_ended and not any(name == "draft_drawdown" for name, _, _, _ in moved)
    if policy["breakage"] == "proportional" and is_settled and all_drawn:
        return [(place, amount * all_lapsed / all_drawn) for place, amount in drawn] if all_lapsed else []
    return lapsed


def plus(sum_, amount):
    return None if sum_ is None or amount is None else sum_ + amount


def schedule(account):
    expected = {}
    for one in account.earned:
        if one.is_draft:
            continue
        key = (one.customer, one.contract, one.product, str(one.month), one.category, one.currency)
        row = expected.setdefault(key, {"list_amount": ZERO, "recognized_amount": ZERO})
        row["list_amount"] = plus(row["list_amount"], one.list)
        row["recognized_amount"] = plus(row["recognized_amount"], one.amount)
    return expected


def accrued(account):
    """What drafts have earned. One that was not computed, or has no lines, makes its sums unknown."""
    rows = {}

    def row(customer, product, place, unit, invoice):
        key = (customer, product, str(place) if place else "", unit)
        nothing = {"drafts": set(), "unknown": set(), "unbilled": ZERO, "drawn": ZERO, "credit": ZERO}
        found = rows.setdefault(key, nothing)
        if invoice:
            found["drafts"].add(invoice)
        return found

    for one in account.earned:
        if not one.is_draft:
            continue
        found = row(one.customer, one.product, one.month, one.currency, one.invoice)
        if one.what == "drawdown":
            found["drawn"] = plus(found["drawn"], one.amount)
        elif one.what == "credit":
            found["credit"] += one.list
        else:
            found["unbilled"] += one.amount
    any_lines = any(invoice.is_draft and invoice.lines for invoice in account.invoices.values())
    for invoice in account.invoices.values():
        is_itemized = invoice.lines or (invoice.total == 0 and any_lines)
        if invoice.is_draft and invoice.is_counted and (invoice.total is None or not is_itemized):
            begin = month(invoice.start) if invoice.start else None
            row(invoice.customer, "", begin, invoice.currency, invoice.id)["unknown"].add(invoice.id)
    expected = {}
    for key, found in rows.items():
        known = not found["unknown"]
        drawn = found["drawn"] if known else None
        expected[key] = {
            "draft_invoice_count": len(found["drafts"]),
            "unknown_draft_count": len(found["unknown"]),
            "unbilled_amount": found["unbilled"] if known else None,
            "drawdown_amount": drawn,
            "credit_list_amount": found["credit"] if known else None,
            "accrued_amount": plus(found["unbilled"], drawn),
        }
    return expected


def variance(account):
    """Lines of final invoices before anything is applied, beside those of the last draft of the same invoice."""
    last = {}
    for day, frame in account.early:
        for invoice, (row, lines) in frame.items():
            last[invoice] = (day, row, lines)
    sums, billing = {}, usage.roles(account)
    for invoice in account.invoices.values():
        if invoice.status != "FINALIZED" or not invoice.is_counted or invoice.start is None:
            continue
        what = {line.id: usage.role(account, line, *billing) for line in invoice.lines}
        apart = {line.product for line in invoice.lines if what[line.id] in ("purchase", "trueup", "scheduled")}
        day, draft, lines = last.get(invoice.id, (None, None, []))
        kept = draft is not None and draft["status"] == "DRAFT" and (bool(lines) or exact(draft["total"]) == 0)

        def add(product, start, end, unit, column, amount):
            parts = shares(start, end) if start and end and start < end else [(month(start) if start else "", 1)]
            for place, share in parts:
                found = sums.setdefault((invoice.customer, product or "", str(place), unit), [set(), set(), ZERO, ZERO])
                found[0].add(invoice.id)
                if kept:
                    found[1].add(invoice.id)
                found[column] += amount * share

        for line in invoice.lines:
            if not line.is_application and what[line.id] in ("usage", "subscription"):
                add(line.product, line.start, line.end, line.currency, 3, line.total)
        for line in lines if kept else []:
            total = exact(line["total"])
            if (total < 0 and (line["commit_id"] or line["credit_grant_id"])) or line["product_id"] in apart:
                continue
            unit = currency(line["credit_type_id"], line["credit_type_name"])
            start, end = moment(line["starting_at"]) or invoice.start, moment(line["ending_before"]) or invoice.end
            add(line["product_id"], start, end, unit, 2, total * scale(line["credit_type_id"]))
    expected = {}
    for key, (finals, drafts, drafted, billed) in sums.items():
        kept = len(drafts) == len(finals)
        expected[key] = {
            "invoice_count": len(finals),
            "draft_invoice_count": len(drafts),
            "draft_status": "compared" if kept else "no draft kept",
            "draft_amount": drafted if kept else None,
            "final_amount": billed,
            "variance_amount": billed - drafted if kept else None,
        }
    return expected


def waterfall(account):
    """First billed, first recognised, for each commit with all that took its rest; fees with their own months. A booking has
    a row for every month until all of it is earned, or the newest there is."""
    cells = {}  # by (customer, contract, commit, booking month, currency): what was booked, and earned by month

    def allocate(whose, booking, recognition, unit, amount):
        if amount:
            booked, months = cells.setdefault((*whose, booking, unit), [[], {}])
            booked.append(amount if booking else ZERO)
            months[recognition] = months.get(recognition, ZERO) + amount

    pools = {}
    for one in account.bookings:
        pools.setdefault((one.pool, one.currency), ([], []))[0].append(one)
    for one in account.earned:
        if one.is_draft:
            continue
        if one.what == "fee":
            allocate((one.customer, one.contract, ""), one.booked, one.month, one.currency, one.amount)
        elif one.pool and (one.pool, one.currency) in pools and one.amount:
            pools[one.pool, one.currency][1].append(one)
    for (pool, unit), (bought, earned) in pools.items():
        whose = (account.balances[pool].customer, account.balances[pool].contract, pool)
        bought.sort(key=lambda one: (one.at, one.line))
        earned.sort(key=lambda one: one.month)
        left = [[month(one.at), one.amount] for one in bought]
        for one in earned:
            open_ = one.amount
            while open_ > 0 and left:
                taken = min(open_, left[0][1])
                allocate(whose, left[0][0], one.month, unit, taken)
                open_ -= taken
                left[0][1] -= taken
                if left[0][1] == 0:
                    left.pop(0)
            allocate(whose, None, one.month, unit, open_)
        for place, amount in left:
            allocate(whose, place, None, unit, amount)
    newest = month_before(max(account.receipts))
    expected = {}
    for (customer, contract, commit, booking, unit), (parts, months) in cells.items():
        booked, left = sum(parts, ZERO), months.pop(None, ZERO)
        known = [*months, *([booking] if booking else [])]
        last = max([*known, newest]) if left or not booking else max(known)
        earned = ZERO
        for place in [*months_between(min(known), last), *([None] if left else [])]:
            earned += months.get(place, ZERO)
            is_billed = booking is not None and (place is None or booking <= place)
            expected[customer, contract, commit, str(booking or ""), str(place or ""), unit] = {
                "booked_amount": booked,
                "recognized_amount": months.get(place, ZERO),
                "recognized_to_date_amount": earned,
                "remaining_amount": booked - earned if is_billed else ZERO,
                "unbilled_amount": ZERO if is_billed else earned,
            }
    return expected
