"""How much of the revenue is whose: sums of twelve months by customer, and their shares, which add up to 1."""

from datetime import date
from fractions import Fraction

from exact import ZERO, month_before, next_month
from revenue import schedule


def compare(account, policy, comparison):
    newest = max((month_before(at) for at in account.receipts if at), default=date.min)
    earned = {}
    for (customer, _, _, month, _, currency), row in schedule(account).items():
        month = date.fromisoformat(str(month))
        if row["recognized_amount"] and month <= newest:
            of_month = earned.setdefault((month, currency), {})
            of_month[customer] = of_month.get(customer, ZERO) + row["recognized_amount"]
    trailing = {}
    for (month, currency), customers in earned.items():
        ending = month
        for _ in range(12):
            if ending > newest:
                break
            sums = trailing.setdefault((ending, currency), {})
            for customer, amount in customers.items():
                sums[customer] = sums.get(customer, ZERO) + amount
            ending = next_month(ending)
    expected = {}
    for (month, currency), sums in trailing.items():
        total, running = sum(sums.values(), ZERO), ZERO
        for rank, customer in enumerate(sorted(sums, key=lambda customer: (-sums[customer], customer)), 1):
            running += sums[customer]
            expected[str(month), currency, customer] = {
                "currency": currency,
                "rank": rank,
                "recognized_amount": earned.get((month, currency), {}).get(customer, ZERO),
                "trailing_recognized_amount": sums[customer],
                "trailing_share": Fraction(sums[customer], total) if total else None,
                "cumulative_share": Fraction(running, total) if total else None,
            }
    comparison.report("customer_concentration", ("month", "currency", "customer_id"), expected)
