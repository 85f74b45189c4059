"""The roll-forward of deferred revenue: the lines of its account, by whose it is, added up month by month."""

from datetime import date

from account import root
from exact import ZERO, months_between
from journal import signed

MOVEMENTS = {
    "purchase": "billed_amount",
    "billed in advance": "billed_amount",
    "expiration": "expired_amount",
    "accrual": "accrued_amount",
    "accrual reversed": "accrued_amount",
    "earned before billing": "reclassified_amount",
}
# Movements that are told as what they take away.
TAKEN = ("recognized_amount", "expired_amount", "accrued_amount")
FIGURES = ("billed_amount", *TAKEN, "reclassified_amount", "corrected_amount")


def compare(account, policy, comparison):
    moved, newest = {}, None
    for row in comparison.rows("journal_entries") or ():
        if row["account_type"] != "liability":
            continue
        balance = account.balances.get(row["balance_id"])
        first = balance and root(account, balance)
        whose = (first.customer, first.contract) if first else (row["customer_id"], row["contract_id"])
        figure = "corrected_amount" if row["corrects_month"] else MOVEMENTS.get(row["event"], "recognized_amount")
        month = date.fromisoformat(row["month"])
        months = moved.setdefault((*whose, row["currency"]), {})
        figures = months.setdefault(month, dict.fromkeys(FIGURES, ZERO))
        figures[figure] += signed(row) if figure in TAKEN else -signed(row)
        newest = max(newest or month, month)
    expected = {}
    for (customer, contract, currency), months in moved.items():
        left = ZERO
        for month in months_between(min(months), newest):
            figures = months.get(month, dict.fromkeys(FIGURES, ZERO))
            opening = left
            left += sum(-value if name in TAKEN else value for name, value in figures.items())
            expected[customer, contract, str(month), currency] = figures | {"opening_amount": opening, "closing_amount": left}
    comparison.report("deferred_revenue_rollforward", ("customer_id", "contract_id", "month", "currency"), expected)
