"""What invoices bill for usage and fees, and who pays for it: the lines of a product and period less what is applied.

Which lines name a commit does not tell how far it paid: one may name a commit that paid for a part of it, or none where
two paid. The negative lines tell. A postpaid commit covers what is applied too, or where nothing says how far, the
lines that name it; what it covers is billed all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import fees
from exact import DAY, ZERO, month, shares


@dataclass
class Netted:
    role: str  # usage, subscription or scheduled
    product: str
    currency: str
    start: datetime
    end: datetime
    until: datetime  # of a fee on a draft: the end of the days that have passed
    gross: Fraction = ZERO
    unnamed: Fraction = ZERO  # of it: lines that name nothing
    applied: Fraction = ZERO  # prepaid commits and credits, negative
    credited: Fraction = ZERO  # of that: credits, positive
    informed: Fraction = None  # what lines say that a postpaid commit covers
    named: Fraction = ZERO  # lines that name a postpaid commit
    postpaid_commit: str = ""

    @property
    def postpaid(self):
        return self.named if self.informed is None else self.informed

    @property
    def open(self):
        """Covered by nothing."""
        return self.gross + self.applied - self.postpaid


def roles(account):
    """Which invoices bill which commits, and when the ledger trues which up."""
    billed = {(one.id, invoice) for one in account.balances.values() for invoice, _ in one.bills or [] if invoice}
    trueups = {
        (one.id, entry.invoice): entry.at
        for one in account.balances.values()
        for entry in one.ledger
        if entry.kind == "true_up" and entry.invoice
    }
    return billed, trueups


def pays_commit(account, line, billed, trueups):
    """Whether a line bills a commit itself, and no use of it: it has the commit's own product, or is on an invoice without
    usage, or on one that bills the commit and has no time of use."""
    named, invoice = account.balances.get(line.commit), line.invoice
    if named is None or line.is_application or named.type not in ("prepaid", "postpaid"):
        return False
    if invoice.start is None or (line.product and line.product == named.product and not line.subscription):
        return True
    is_named = (named.id, invoice.id) in billed or (named.id, invoice.id) in trueups
    return is_named and not line.subscription and (not named.product or not line.has_period)


def role(account, line, billed, trueups):
    """What a line is for."""
    invoice = line.invoice
    if line.is_application:
        return "application"
    if pays_commit(account, line, billed, trueups):
        return "purchase" if account.balances[line.commit].type == "prepaid" else "trueup"
    if line.subscription:
        return "subscription"
    if invoice.start is None:
        return "scheduled"
    is_fee = line.product in account.fixed or (invoice.contract in account.combined and not line.has_period)
    return "scheduled" if is_fee and line.product and not line.commit else "usage"


def is_fee_without_period(account, line, billed, trueups):
    return (
        role(account, line, billed, trueups) == "scheduled"
        and bool(line.product)
        and not line.commit
        and not line.has_period
    )


def date_fees(account):
    """Notes when invoices bill fees that tell no period."""
    billed, trueups = roles(account)
    is_fee = lambda line: is_fee_without_period(account, line, billed, trueups)
    account.fee_days = fees.dates_of_invoices(account, is_fee)


def terms(account, invoice, told, policy):
    """The terms of the fees of an invoice that tell no period, by product."""
    plain = [line for line, what in told if what == "scheduled" and not line.has_period and line.product and not line.commit]
    amounts = {}
    for line in plain:
        amounts[line.product] = amounts.get(line.product, ZERO) + line.total
    days = account.fee_days
    return {product: fees.term(account, invoice, product, amounts[product], days, policy) for product in amounts}


def period(line, billed_role, found):
    """The service period of a line, and of a fee on a draft until when it is earned; nothing where it has none. What a
    draft says of usage is of the days that have passed."""
    start, end, told = line.start, line.end, line.invoice.told
    if billed_role == "scheduled" and not line.has_period:
        start, end, _ = found.get(line.product, (None, None, False))
    if not (start and end and start < end):
        return None, None, None
    if told is None:
        return start, end, None
    if billed_role == "usage":
        day_after = start.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        return start, min(end, max(told, day_after)), None
    return start, end, min(end, told)


def told_by(account, invoice, billed, trueups, policy):
    """The lines of an invoice: each with what it is, what it is of (of an application, what that pays), and its period."""
    told = [(line, role(account, line, billed, trueups)) for line in invoice.lines]
    found = terms(account, invoice, told, policy)
    paid_fees = {line.product: what for line, what in told if what in ("subscription", "scheduled") and line.product}
    for line, what in told:
        billed_role = paid_fees.get(line.product, "usage") if what == "application" else what
        yield line, what, billed_role, period(line, billed_role, found)


def netted(account, invoice, billed, trueups, policy):
    """The lines of an invoice, netted. What is applied to a product pays for the fees that it bills, if any."""
    groups = {}
    for line, what, billed_role, times in told_by(account, invoice, billed, trueups, policy):
        if what in ("purchase", "trueup") or (what == "application" and line.grant and not line.commit):
            continue
        key = (billed_role, line.product, line.currency, *times)
        group = groups.setdefault(key, Netted(*key))
        balance = account.balances.get(line.commit)
        is_postpaid = balance is not None and balance.type == "postpaid"
        if is_postpaid:
            group.postpaid_commit = min(group.postpaid_commit or balance.id, balance.id)
        if what != "application":
            group.gross += line.total
            group.named += line.total if is_postpaid else 0
            group.unnamed += 0 if line.commit or line.grant else line.total
        elif is_postpaid:
            group.informed = (group.informed or ZERO) - line.total
        else:
            group.applied += line.total
            group.credited -= 0 if balance is not None and balance.type == "prepaid" else line.total
    return list(groups.values())


def is_usage(account, invoice, billed, trueups):
    """Whether an invoice is one of usage, whatever else it bills."""
    if invoice.start is None:
        return False
    if any(role(account, line, billed, trueups) in ("usage", "subscription", "application") for line in invoice.lines):
        return True
    return all(invoice.id != other for _, other in [*billed, *trueups])


def by_month(account, policy):
    """Finalized usage of each contract and each customer by month, by days: used, not covered, invoiced."""
    billed, trueups = roles(account)
    sums = {}

    def add(invoice, unit, start, end, amounts):
        parts = shares(start, end) if start and end and start < end else [(month(start or invoice.issued), 1)]
        for place, share in parts:
            for whose in (("contract", invoice.contract), ("customer", invoice.customer)):
                row = sums.setdefault((whose, place, unit), [ZERO, ZERO, ZERO])
                for number, amount in enumerate(amounts):
                    row[number] += amount * share

    for invoice in account.invoices.values():
        if not invoice.contract or invoice.status != "FINALIZED" or not invoice.is_counted:
            continue
        apart = ZERO
        for line, what, billed_role, _ in told_by(account, invoice, billed, trueups, policy):
            is_postpaid = line.commit in account.balances and account.balances[line.commit].type == "postpaid"
            if billed_role in ("purchase", "trueup", "scheduled") and line.is_money:
                apart += 0 if what == "application" and is_postpaid else line.total
        for one in netted(account, invoice, billed, trueups, policy):
            if one.role == "usage":
                uncovered = one.unnamed if policy["overage_rule"] == "without_commit" else one.open
                add(invoice, one.currency, one.start, one.end, (one.gross, uncovered, ZERO))
        if is_usage(account, invoice, billed, trueups):
            add(invoice, invoice.currency, invoice.start, invoice.end, (ZERO, ZERO, invoice.total - apart))
    return sums
