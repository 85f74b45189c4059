"""Journal entries: every entry balances, and what is posted to each account is what was billed and earned.

What is earned after the month it is billed in passes through deferred revenue, what is earned before it through
unbilled receivables. What drafts have earned is accrued, and taken back in the month after the newest data. What the
commits and fees of a contract would leave of deferred revenue below zero is unbilled instead.
"""

from datetime import date

from account import paid, root
from compare import shown
from exact import ZERO, exact, month, month_before, next_month

# What an account is for, and how it is called by default.
NAMES = {
    "receivable": "Accounts receivable",
    "unbilled": "Unbilled receivable",
    "deferred": "Deferred revenue",
    "revenue": "Usage revenue",
    "overage": "Overage revenue",
    "subscription": "Subscription revenue",
    "scheduled": "Scheduled fee revenue",
    "true_up": "True-up revenue",
    "breakage": "Breakage revenue",
    "credits": "Credits and discounts",
    "elsewhere": "Billed elsewhere",
}
# Categories of revenue with an account of their own.
REVENUE = {
    "overage": "overage",
    "subscription": "subscription",
    "scheduled": "scheduled",
    "true_up": "true_up",
    "expiration": "breakage",
}
KEY = (
    "month", "event", "account_name", "customer_id", "contract_id", "product_id", "balance_id", "invoice_id",
    "currency",
)


def compare(account, policy, comparison):
    rows = comparison.rows("journal_entries")
    if rows is None:
        comparison.say("journal_entries", ["the report is not there"], 0, 0)
        return
    entries = {}
    for row in rows:
        entry = (row["entry_id"], row["currency"])
        entries[entry] = entries.get(entry, ZERO) + signed(row)
    uneven = [f"{entry}: debits less credits are {shown(amount)}" for entry, amount in entries.items() if amount]
    comparison.say("journal_entries, each entry", uneven, len(entries), 0)
    comparison.sums("journal_entries", KEY, signed, post(account, policy, NAMES | policy.get("accounts", {})))


def signed(row):
    """What a line debits less what it credits."""
    return (exact(row["debit_amount"]) or ZERO) - (exact(row["credit_amount"]) or ZERO)


def post(account, policy, names):
    """Debits less credits by what was posted where, for what, of whom."""
    sums, deferred = {}, {}

    def entry(event, place, one, debit, credit, amount):
        for name, part in ((debit, amount), (credit, -amount)):
            whose = (*held_by(account, one, name), one.product, one.balance, one.invoice, one.currency)
            key = (str(place), event, names[name], *whose)
            sums[key] = sums.get(key, ZERO) + part
            position = holder(account, one, policy) if name == "deferred" else None
            if position is not None:
                months = deferred.setdefault((*position, one.currency), {})
                months[place] = months.get(place, ZERO) - part

    newest = max((month_before(at) for at in account.receipts if at), default=date.min)
    for one in account.bookings:
        debit = "elsewhere" if one.is_elsewhere else "receivable"
        entry("purchase", month(one.at), one, debit, "deferred", one.amount)
    for one in account.earned:
        is_free = one.what == "drawdown" and paid(account, account.balances[one.balance]) == 0
        is_listed = one.what == "credit" or (is_free and policy["free_commits"] == "gross")
        amount = one.list if is_listed else one.amount
        if not amount or one.month is None:
            continue
        credit = REVENUE.get(one.category, "revenue")
        source = {"drawdown": "deferred", "expiration": "deferred", "credit": "credits"}.get(one.what)
        source = "credits" if is_free else source
        if one.is_draft:
            entry("accrual", one.month, one, source or "unbilled", credit, amount)
            entry("accrual reversed", next_month(max(one.month, newest)), one, credit, source or "unbilled", amount)
            continue
        if source is None:
            source = "receivable"
            if one.booked and one.month > one.booked:
                source = "deferred"
                entry("billed in advance", one.booked, one, "receivable", source, amount)
            elif one.booked and one.month < one.booked:
                source = "unbilled"
                entry("billed in arrears", one.booked, one, "receivable", source, amount)
        entry(one.category, one.month, one, source, credit, amount)
    for (customer, contract, commit, unit), months in deferred.items():
        left = unbilled = ZERO
        for place in sorted(months):
            left += months[place]
            more = max(-left, ZERO) - unbilled
            unbilled += more
            for name, part in (("unbilled", more), ("deferred", -more)):
                if more:
                    key = (str(place), "earned before billing", names[name], customer, contract, "", commit, "", unit)
                    sums[key] = part
    return sums


def held_by(account, one, name):
    """The customer and contract whose account it is: in a hierarchy the receivable is owed by who pays, and what is deferred
    owed to who bought."""
    invoice, balance = account.invoices.get(one.invoice), account.balances.get(one.balance)
    if name in ("receivable", "unbilled") and invoice is not None and invoice.contract in account.parents:
        customer, contract, pays = account.parents[invoice.contract]
        if pays:
            return customer, contract
    if name == "deferred" and balance is not None:
        first = root(account, balance)
        if first.customer != one.customer:
            return first.customer, first.contract
    return one.customer, one.contract


def holder(account, one, policy):
    """Whose position what is deferred is part of, as customer, contract and commit; None where others keep it."""
    balance = account.balances.get(one.balance)
    if balance is None:
        return one.customer, one.contract, ""
    first = root(account, balance)
    if not first.is_billed_here and first.bills is not None and policy["billed_elsewhere"] != "clearing":
        return None
    by_commit = policy["contract_position"] == "commit" or not first.contract
    return first.customer, first.contract, first.id if by_commit else ""
