"""What invoices bill for usage and fees, and who pays for it: the lines of a product and period less what is applied.

Which lines name a commit does not tell how far it paid: one may name a commit that paid for a part of it, or none where
two paid. The negative lines tell. A postpaid commit covers what is applied too, or where nothing says how far, the
lines that name it; what it covers is billed all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from account import named_invoices, usage_kind
from exact import ZERO, month, shares


@dataclass
class Netted:
    role: str  # usage, subscription or scheduled
    product: str
    currency: str
    start: datetime
    end: datetime
    gross: Fraction = ZERO
    unnamed: Fraction = ZERO  # of it: lines that name nothing
    applied: Fraction = ZERO  # prepaid commits and credits, negative
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


def role(account, line, billed, trueups):
    """What a line is for."""
    invoice, named = line.invoice, account.balances.get(line.commit)
    if line.is_application:
        return "application"
    if named and named.type == "prepaid" and ((line.commit, invoice.id) in billed or invoice.start is None):
        return "purchase"
    if named and named.type == "postpaid" and ((line.commit, invoice.id) in trueups or invoice.start is None):
        return "trueup"
    if line.subscription:
        return "subscription"
    return "scheduled" if invoice.start is None else "usage"


def period(line):
    """The service period of a line; nothing where it has none."""
    return (line.start, line.end) if line.start and line.end and line.start < line.end else (None, None)


def netted(account, invoice, billed, trueups):
    """The lines of an invoice, netted. What is applied to a product pays for the fees that it bills, if any."""
    told = [(line, role(account, line, billed, trueups)) for line in invoice.lines]
    fees = {line.product: what for line, what in told if what in ("subscription", "scheduled") and line.product}
    groups = {}
    for line, what in told:
        if what in ("purchase", "trueup") or (what == "application" and line.grant and not line.commit):
            continue
        billed_role = fees.get(line.product, "usage") if what == "application" else what
        key = (billed_role, line.product, line.currency, *period(line))
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
    return list(groups.values())


def by_month(account, policy):
    """Finalized usage of each contract and each customer by month, by days: used, not covered, invoiced."""
    billed, trueups = roles(account)
    purchases, true_ups = named_invoices(account)
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
        for one in netted(account, invoice, billed, trueups):
            if one.role == "usage":
                uncovered = one.unnamed if policy["overage_rule"] == "without_commit" else one.open
                add(invoice, one.currency, one.start, one.end, (one.gross, uncovered, ZERO))
        if usage_kind(account, invoice, purchases, true_ups) == "usage":
            add(invoice, invoice.currency, invoice.start, invoice.end, (ZERO, ZERO, invoice.total))
    return sums
