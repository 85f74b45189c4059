"""The postable journal: the lines of the journal as a ledger takes them, from the journal as it was published.

What a line posts is what its account's sum to date, rounded, gained by it; what an entry then lacks is posted to an account of its own.
"""

from fractions import Fraction

from exact import ZERO
from journal import NAMES, signed

# Digits of minor units where they are not two.
DIGITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "VND": 0}


def compare(account, policy, comparison):
    to_date, expected, lacking, last = {}, {}, {}, {}
    lines = [row for row in comparison.rows("journal_entries") or () if row["currency"].isupper() and len(row["currency"]) == 3]
    for row in sorted(lines, key=lambda row: (row["month"], row["entry_id"], int(row["line_number"]))):
        unit = Fraction(1, 10 ** DIGITS.get(row["currency"], 2))
        key = tuple(row[name] for name in ("customer_id", "contract_id", "product_id", "account_name", "currency"))
        before = to_date.get(key, ZERO)
        to_date[key] = before + signed(row)
        posted = rounded(to_date[key], unit) - rounded(before, unit)
        entry = (row["month"], row["entry_id"])
        expected[*entry, row["line_number"]] = line(row["account_name"], row["currency"], signed(row), posted)
        lacking[*entry, row["currency"]] = lacking.get((*entry, row["currency"]), ZERO) - posted
        last[entry] = max(last.get(entry, 0), int(row["line_number"]))
    name = (NAMES | policy.get("accounts", {})).get("rounding", "Rounding differences")
    for (month, entry, currency), amount in sorted(lacking.items()):
        if amount:
            last[month, entry] += 1
            expected[month, entry, str(last[month, entry])] = line(name, currency, ZERO, amount)
    comparison.report("postable_journal", ("month", "entry_id", "line_number"), expected)


def line(account, currency, exact, posted):
    """A line, on the side that its exact amount is on, or what is posted where there is none."""
    is_debit = (exact or posted) > 0
    return {
        "account_name": account,
        "currency": currency,
        "exact_amount": exact,
        "debit_amount": posted if is_debit else None,
        "credit_amount": None if is_debit else -posted,
    }


def rounded(amount, unit):
    """To whole units, half of one away from zero."""
    whole = (abs(amount) / unit + Fraction(1, 2)) // 1 * unit
    return whole if amount > 0 else -whole
