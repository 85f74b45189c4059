"""Exceptions that can be counted from the files: how many there should be of each code."""

from collections import Counter

import usage
from account import may_use, paid
from exact import ZERO

# Codes that are counted here. What else the report has is shown, and not judged.
COUNTED = (
    "LINES_DIFFER_FROM_INVOICE",
    "INVOICE_WITHOUT_LINES",
    "LINE_WITHOUT_INVOICE",
    "COMMIT_UNKNOWN",
    "COMMIT_OF_OTHER_CUSTOMER",
    "BALANCE_OF_OTHER_CUSTOMER",
    "INVOICE_OF_OTHER_CUSTOMER",
    "DEDUCTION_DIFFERS_FROM_LINES",
    "LINES_WITHOUT_DEDUCTION",
    "LINES_NAME_MORE_THAN_APPLIED",
    "COST_BASIS_UNKNOWN",
    "FEE_WITHOUT_TERM",
    "COMMIT_FREE",
    "COMMIT_BILLED_ELSEWHERE",
)


def compare(account, policy, comparison):
    rows = comparison.rows("reconciliation_exceptions")
    if rows is None:
        comparison.say("reconciliation_exceptions", ["the report is not there"], 0, 0)
        return
    told = Counter(row["code"] for row in rows)
    should = Counter(code for code, _ in found(account, policy))
    wrong = [f"{code}: should be {should[code]}, are {told[code]}" for code in COUNTED if should[code] != told[code]]
    comparison.say("reconciliation_exceptions", wrong, sum(told.values()), 0)
    rest = {code: count for code, count in sorted(told.items()) if code not in COUNTED}
    if rest:
        print(f"    not counted here: {rest}")


def found(account, policy):
    """Every break as (code, what)."""
    account.billing = usage.roles(account)
    for row in account.stray_lines:
        yield "LINE_WITHOUT_INVOICE", row["id"]
    draws = drawn(account)
    for invoice in account.invoices.values():
        yield from of_invoice(account, invoice, draws.get(invoice.id, {}))
        yield from without_term(account, invoice, policy)
    for one in account.balances.values():
        yield from of_balance(account, one)


def drawn(account):
    """What each ledger draws for each invoice, what was given back included; of void ones what they drew at first."""
    draws = {}
    for one in account.balances.values():
        for entry in one.ledger:
            invoice = account.invoices.get(entry.invoice)
            if invoice is None or entry.kind not in ("deduction", "credit_back"):
                continue
            if invoice.status == "VOID" and entry.amount > 0:
                continue
            of_invoice = draws.setdefault(invoice.id, {})
            of_invoice[one.id] = of_invoice.get(one.id, ZERO) - entry.amount
    return draws


def of_invoice(account, invoice, draws):
    def is_postpaid(line):
        return line.commit in account.balances and account.balances[line.commit].type == "postpaid"

    counted = [line for line in invoice.lines if not (line.is_application and is_postpaid(line))]
    if invoice.lines and invoice.total is not None:
        if sum((line.total for line in counted if line.is_money), ZERO) != invoice.total:
            yield "LINES_DIFFER_FROM_INVOICE", invoice.id
    if not invoice.lines and invoice.total:
        yield "INVOICE_WITHOUT_LINES", invoice.id
    owner = account.contract_customers.get(invoice.contract)
    if owner is not None and owner != invoice.customer:
        yield "INVOICE_OF_OTHER_CUSTOMER", invoice.id
    if not invoice.is_counted:
        # A consolidated invoice names the commits of others, and no ledger draws for it.
        return
    named, applied = {}, {}
    for line in invoice.lines:
        if not line.commit:
            continue
        balance = account.balances.get(line.commit)
        if balance is None:
            if account.balances:
                yield "COMMIT_UNKNOWN", line.id
            continue
        if balance.customer != invoice.customer and not may_use(account, invoice.contract, balance):
            yield "COMMIT_OF_OTHER_CUSTOMER", line.id
        key = (line.commit, line.currency)
        if not usage.pays_commit(account, line, *account.billing):
            named[key] = named.get(key, ZERO) + line.total
        if line.is_application:
            applied[line.commit] = applied.get(line.commit, ZERO) - line.total
    for (commit, _), total in named.items():
        if total > 0 and invoice.start and account.balances[commit].type in ("prepaid", "credit"):
            yield "LINES_NAME_MORE_THAN_APPLIED", (invoice.id, commit)
    if invoice.status not in ("FINALIZED", "VOID") or not invoice.lines:
        return
    for commit in applied.keys() | draws.keys():
        if commit not in draws:
            if invoice.status == "FINALIZED":
                yield "LINES_WITHOUT_DEDUCTION", (invoice.id, commit)
            continue
        paid_by = applied[commit] if commit in applied else used_of_postpaid(account, invoice, commit)
        if draws[commit] != paid_by:
            yield "DEDUCTION_DIFFERS_FROM_LINES", (invoice.id, commit)


def used_of_postpaid(account, invoice, commit):
    """What an invoice bills of a postpaid commit where no line says that it was applied; None where nothing is."""
    is_usage = lambda line: usage.role(account, line, *account.billing) in ("usage", "subscription")
    lines = [line.total for line in invoice.lines if line.commit == commit and is_usage(line)]
    return sum(lines, ZERO) if lines and account.balances[commit].type == "postpaid" else None


def without_term(account, invoice, policy):
    """Fees of which nothing says what time they are for."""
    if invoice.status not in ("FINALIZED", "DRAFT") or not invoice.is_counted:
        return
    told = [(line, usage.role(account, line, *account.billing)) for line in invoice.lines]
    terms = usage.terms(account, invoice, told, policy)
    for line, what in told:
        is_fee = what == "scheduled" and line.product in terms and not line.has_period and not line.commit
        if is_fee and line.total and not terms[line.product][2]:
            yield "FEE_WITHOUT_TERM", line.id


def of_balance(account, one):
    owner = account.contract_customers.get(one.contract)
    if owner is not None and owner != one.customer:
        yield "BALANCE_OF_OTHER_CUSTOMER", one.id
    granted = sum((entry.amount for entry in one.ledger if entry.kind == "grant"), ZERO)
    is_drawn = sum((entry.amount for entry in one.ledger), ZERO) != granted
    if one.type == "prepaid" and is_drawn and paid(account, one) is None:
        yield "COST_BASIS_UNKNOWN", one.id
    if one.type == "prepaid" and one.rolled_from not in account.balances:
        if paid(account, one) == 0:
            yield "COMMIT_FREE", one.id
        elif paid(account, one) is not None and one.bills is not None and not one.is_billed_here:
            yield "COMMIT_BILLED_ELSEWHERE", one.id
