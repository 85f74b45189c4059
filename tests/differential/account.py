"""What the files say, as things: customers, contracts, invoices with lines, commits and credits with ledgers.

Amounts are in units of their currency from here on: dollars where the files have cents.
"""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

import delivery
from exact import DAY, ZERO, exact, moment, month, month_before, parse

USD = "2714e483-4ff1-48e4-9e25-ac732e8f24f2"


def scale(credit_type):
    """Currency units in one unit of the files: USD alone is in cents."""
    return Fraction(1, 100) if credit_type == USD else Fraction(1)


def currency(credit_type, name):
    return "USD" if credit_type == USD else name or None


@dataclass
class Line:
    id: str
    invoice: "Invoice"
    product: str
    commit: str
    grant: str
    subscription: str
    start: datetime
    end: datetime
    has_period: bool  # of its own: the invoice's is that of its usage
    currency: str
    quantity: Fraction  # None where no price of one unit is told: then it is 1, whatever is billed
    total: Fraction
    row: dict
    is_refund: bool = False  # of what was paid for the commit that it names

    @property
    def is_application(self):
        """Whether it applies a commit, a credit or a credit grant."""
        return self.total < 0 and bool(self.commit or self.grant) and not self.is_refund

    @property
    def is_money(self):
        return self.currency == self.invoice.currency


@dataclass
class Invoice:
    id: str
    status: str
    customer: str
    contract: str
    label: str
    currency: str
    total: Fraction
    start: datetime
    end: datetime
    issued: datetime
    told: datetime  # of a draft: the end of the last day that it tells of
    row: dict
    lines: list = field(default_factory=list)

    @property
    def is_draft(self):
        return self.status in ("DRAFT", "DRAFT_INCOMPLETE")

    @property
    def is_counted(self):
        """A consolidated invoice repeats others, which are counted."""
        return "CONSOLIDATED" not in self.label.upper()


@dataclass
class Entry:
    kind: str
    at: datetime
    amount: Fraction
    invoice: str


@dataclass
class Balance:
    id: str
    type: str
    name: str
    customer: str
    contract: str
    product: str
    currency: str
    is_quantity: bool
    scale: Fraction
    left: Fraction
    as_of: datetime
    segments: list  # of (start, end, granted)
    ledger: list  # of Entry
    bills: list  # of (invoice, amount in units of `money`); None without a schedule
    due: list  # when its schedule says that it is billed, of (moment, amount in units of `money`)
    is_billed_here: bool
    money: str
    money_scale: Fraction
    stated_basis: Fraction
    rolled_from: str

    @property
    def start(self):
        return min((start for start, _, _ in self.segments), default=None)

    @property
    def end(self):
        """The end of its term; None where a segment never ends."""
        ends = [end for _, end, _ in self.segments]
        return max(ends) if ends and all(ends) else None

    @property
    def granted(self):
        return sum((granted for _, _, granted in self.segments), ZERO)

    @property
    def is_ended(self):
        return self.end is not None and self.end <= self.as_of


@dataclass
class Account:
    folders: list  # what it was read from
    customers: dict
    terms: dict  # payment terms by contract
    invoices: dict
    early: list  # snapshots of drafts, oldest first: of {invoice: (row, lines)}
    balances: dict
    receipts: list  # when each invoice, draft and balance was received
    plans: list
    charges: list
    contracts: dict
    contract_customers: dict
    contract_days: dict  # first day and the day after the last, each None where there is none
    combined: set  # contracts whose scheduled charges stand on usage invoices
    fixed: set  # products that no usage is billed under
    scheduled: dict  # by contract and product: charges as ({day: amount}, months from one day to the next)
    charge_currencies: dict  # by contract and product: the currency of each of them
    parents: dict  # contracts below another: the customer and contract above, and whether that pays
    draft_days: dict  # by draft: days of its lines as (day, product, commit, currency, amount)
    stray_lines: list  # lines whose invoice was not delivered
    sub_lines: dict  # by line: rows of its sub lines
    product_names: dict  # of plans
    versions: dict  # by product of contracts: rows of its versions
    metric_names: dict
    commit_types: dict  # by commit or credit: the types that it is delivered with
    fee_days: dict = field(default_factory=dict)  # when invoices bill fees without a period, by contract and product


def read(folders):
    """Everything that counts of what lies in these folders."""
    drafts = delivery.snapshots(folders, "draft_invoice", "snapshot_time")
    draft_lines = delivery.snapshots(folders, "draft_line_item", "snapshot_time")
    finals = delivery.newest(folders, "invoice")
    newest_drafts = delivery.current(drafts)
    invoices = {row["id"]: draft(row) for row in newest_drafts} | {row["id"]: final(row) for row in finals}
    stray = []
    for row in delivery.newest(folders, "line_item"):
        invoice = invoices.get(row["invoice_id"])
        if invoice is None or invoice.is_draft:
            stray.append(row)
        else:
            invoice.lines.append(line(row, invoice))
    for row in delivery.current(draft_lines):
        invoice = invoices.get(row["invoice_id"])
        if invoice is not None and invoice.is_draft:
            invoice.lines.append(line(row, invoice))
    contracts = contract_table(folders, "contracts_contracts")
    versions = contract_table(folders, "contracts_product_list_item_versions")
    products = product_names(versions)
    charge_rows = contract_table(folders, "contracts_scheduled_charges")
    scheduled = scheduled_charges(charge_rows)
    day_of = lambda row, column: moment(row.get(column)) and moment(row[column]).date()
    balances = {row["id"]: balance(row, products) for row in contract_table(folders, "contracts_balances")}
    mark_refunds(invoices.values(), balances)
    received = [row["_transferred_at"] or moment(row.get("updated_at")) for row in finals]
    return Account(
        folders=folders,
        customers={row["id"]: row for row in delivery.newest(folders, "customer")},
        terms={row["id"]: row["net_payment_terms_days"] for row in contracts},
        invoices=invoices,
        early=early(drafts, draft_lines),
        balances=balances,
        receipts=received
        + [moment(row["snapshot_time"]) for row in newest_drafts]
        + [one.as_of for one in balances.values()],
        plans=delivery.newest(folders, "plan"),
        charges=delivery.newest(folders, "plan_charge"),
        contracts={row["id"]: row for row in contracts},
        contract_customers={row["id"]: row["customer_id"] for row in contracts},
        contract_days={row["id"]: (day_of(row, "starting_at"), day_of(row, "ending_before")) for row in contracts},
        combined={row["id"] for row in contracts if row.get("scheduled_charges_on_usage_invoices") == "ALL"},
        fixed={row["product_list_item_id"] for row in versions if "fixed" in (row.get("type") or "").lower()}
        | {product for _, product in scheduled},
        scheduled=scheduled,
        charge_currencies=charge_currencies(charge_rows),
        parents=parents(contract_table(folders, "contract_hierarchy_configurations")),
        draft_days=draft_days(folders),
        stray_lines=stray,
        sub_lines=grouped(delivery.newest(folders, "sub_line_item"), "line_item_id"),
        product_names={row["id"]: row["name"] for row in delivery.newest(folders, "product")},
        versions=grouped(versions, "product_list_item_id"),
        metric_names={row["id"]: row["name"] for row in delivery.newest(folders, "billable_metric")},
        commit_types=commit_types(folders, balances),
    )


def grouped(rows, column):
    groups = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row)
    return groups


def commit_types(folders, balances):
    types = {one.id: {one.type} for one in balances.values()}
    for row in contract_table(folders, "contracts_commits"):
        types.setdefault(row["id"], set()).add(row["type"].lower())
    return types


def contract_table(folders, table):
    return delivery.current(delivery.snapshots(folders, table, "snapshot_id"))


def mark_refunds(invoices, balances):
    """Nothing is used on an invoice without a period: what is negative there, of a commit's own product, pays back, where the
    invoice bills that commit or is less than nothing."""
    for invoice in invoices:
        for one in invoice.lines:
            named = balances.get(one.commit)
            if named is None or named.type not in ("prepaid", "postpaid") or invoice.start or one.total >= 0:
                continue
            bills = invoice.id in {billed for billed, _ in named.bills or []}
            one.is_refund = one.product == named.product and (bills or invoice.total < 0)


def parents(rows):
    return {
        row["id"]: (row["parent_customer_id"], row["parent_contract_id"], (row["payer"] or "").upper() == "PARENT")
        for row in rows
        if row["parent_customer_id"]
    }


RECURS = {"monthly": 1, "quarterly": 3, "semi_annual": 6, "annual": 12}


def scheduled_charges(rows):
    """When scheduled charges are billed, by contract and product."""
    found = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        schedule = parse(row["schedule"]) or {}
        days = {}
        for item in schedule.get("schedule_items") or []:
            day = moment(item["date"]).date()
            days[day] = days.get(day, ZERO) + item["amount"] * scale(row["credit_type_id"])
        months = RECURS.get(((schedule.get("recurring_schedule") or {}).get("frequency") or "").lower())
        if days:
            found.setdefault((row["contract_id"], row["product_id"]), []).append((days, months))
    return found


def charge_currencies(rows):
    """What scheduled charges are in, in the order of `scheduled_charges`."""
    found = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        if (parse(row["schedule"]) or {}).get("schedule_items"):
            name = currency(row["credit_type_id"], row["credit_type_name"])
            found.setdefault((row["contract_id"], row["product_id"]), []).append(name)
    return found


def final(row):
    return invoice_of(row, row.get("invoice_label"), moment(row["issued_at"]), None)


def draft(row):
    """What came at midnight tells of the day before."""
    at = moment(row["snapshot_time"])
    begun = datetime(at.year, at.month, at.day)
    return invoice_of(row, row.get("label"), None, at if at == begun else begun + DAY)


def invoice_of(row, label, issued, told):
    total = exact(row["total"])
    return Invoice(
        id=row["id"],
        status=row["status"],
        customer=row["customer_id"],
        contract=row.get("contract_id") or "",
        label=label or "",
        currency=currency(row["credit_type_id"], row["credit_type_name"]),
        total=None if total is None else total * scale(row["credit_type_id"]),
        start=moment(row["start_timestamp"]),
        end=moment(row["end_timestamp"]),
        issued=issued,
        told=told,
        row=row,
    )


def line(row, invoice):
    return Line(
        id=row["id"],
        invoice=invoice,
        product=row["product_id"] or "",
        commit=row.get("commit_id") or "",
        grant=row.get("credit_grant_id") or "",
        subscription=row.get("subscription_id") or "",
        start=moment(row.get("starting_at")) or invoice.start,
        end=moment(row.get("ending_before")) or invoice.end,
        has_period=moment(row.get("starting_at")) != moment(row.get("ending_before")),
        currency=currency(row["credit_type_id"], row["credit_type_name"]),
        quantity=exact(row["quantity"]) if row.get("unit_price") else None,
        total=exact(row["total"]) * scale(row["credit_type_id"]),
        row=row,
    )


def early(drafts, lines):
    """Each snapshot of drafts with its lines."""
    of_day = {}
    for frame in lines:
        for row in frame:
            of_day.setdefault(moment(row["snapshot_time"]), {}).setdefault(row["invoice_id"], []).append(row)
    days = [(moment(frame[0]["snapshot_time"]), frame) for frame in drafts]
    return [(day, {row["id"]: (row, of_day.get(day, {}).get(row["id"], [])) for row in frame}) for day, frame in days]


def draft_days(folders):
    """What each draft bills, day by day, where that was delivered."""
    current = lambda table: delivery.current(delivery.snapshots(folders, table, "snapshot_timestamp"))
    invoice_of_day = {row["id"]: row["invoice_id"] for row in current("breakdowns_draft_invoices")}
    found = {}
    for row in current("breakdowns_draft_line_items"):
        amount = (exact(row["total"]) or ZERO) * scale(row["credit_type_id"])
        unit = currency(row["credit_type_id"], row["credit_type_name"])
        day = (moment(row["breakdown_start_timestamp"]), row["product_id"], row["commit_id"], unit, amount)
        found.setdefault(invoice_of_day.get(row["invoice_breakdown_id"]), []).append(day)
    return found


def product_names(rows):
    """The name of each product in its newest version."""
    newest = {}
    for row in rows:
        order = int(row["version"] or 0)
        if row["product_list_item_id"] not in newest or order > newest[row["product_list_item_id"]][0]:
            newest[row["product_list_item_id"]] = (order, row["name"])
    return {product: name for product, (_, name) in newest.items()}


# The last words of an entry's type, which both lists of types share, and what they mean.
KINDS = {
    "_segment_start": "grant",
    "_initial_balance": "grant",
    "_automated_invoice_deduction": "deduction",
    "_expiration": "expiry",
    "_rollover": "rollover",
    "_trueup": "true_up",
    "_canceled": "credit_back",
    "_credited": "credit_back",
    "_manual": "manual",
    "_seat_based_adjustment": "seat_adjustment",
}


def balance(row, products):
    access, bills = parse(row["access_schedule"]), parse(row["invoice_schedule"])
    unit = access.get("credit_type_id")
    counted = currency(unit, access.get("credit_type_name"))
    if unit is None:
        names = {products.get(product, product) for product in parse(row["applicable_product_ids"]) or []}
        named = " or ".join(sorted(names)) or products.get(row["product_id"]) or row["name"]
        counted = f"units of {named or 'anything'}"
    paid_in = (bills or {}).get("credit_type_id") or unit
    money_scale = scale(paid_in)
    return Balance(
        id=row["id"],
        type=row["type"].lower(),
        name=row["name"],
        customer=row["customer_id"],
        contract=row["contract_id"] or "",
        product=row["product_id"] or "",
        currency=counted,
        is_quantity=unit is None,
        scale=scale(unit),
        left=(exact(row["balance"]) or ZERO) * scale(unit),
        as_of=moment(row["updated_at"]),
        segments=[
            (moment(item["date"]), moment(item.get("end_date")), item["amount"] * scale(unit))
            for item in access["schedule_items"]
        ],
        ledger=[
            Entry(
                kind(entry["type"]),
                moment(entry["timestamp"]),
                entry["amount"] * scale(unit),
                entry.get("invoice_id") or "",
            )
            for entry in parse(row["ledger"]) or []
        ],
        bills=None
        if bills is None
        else [(item.get("invoice_id") or "", item["amount"] * money_scale) for item in bills["schedule_items"]],
        due=[
            (moment(item.get("date")), item["amount"] * money_scale) for item in (bills or {}).get("schedule_items", [])
        ],
        is_billed_here=bills is not None and not bills.get("do_not_invoice"),
        money=currency(paid_in, (bills or {}).get("credit_type_name") or access.get("credit_type_name")),
        money_scale=money_scale,
        stated_basis=exact(row.get("cost_basis")),
        rolled_from=row["rolled_over_from_commit_id"] or "",
    )


def kind(text):
    return next((kind for ending, kind in KINDS.items() if text.lower().endswith(ending)), "other")


def movement(account, balance, entry):
    """What an entry does: that of a deduction depends on its invoice, or where that is unknown on its date."""
    if entry.kind != "deduction":
        return entry.kind
    invoice = account.invoices.get(entry.invoice)
    if invoice is None:
        return "drawdown" if entry.at <= balance.as_of else "draft_drawdown"
    return {"FINALIZED": "drawdown", "VOID": "void_drawdown"}.get(invoice.status, "draft_drawdown")


def accounting_month(moved, at, policy):
    """The month an entry belongs to. A deduction at the first instant of a month ends the month before; so does what
    settles a term, unless policy says otherwise."""
    ends = moved.endswith("drawdown") or (moved in ("expiry", "true_up") and policy["expiry_month"] == "term_end")
    return month_before(at) if ends else month(at)


def movements(account, balance, policy):
    """The ledger as (movement, month, entry, is it undone): entries of a void invoice that cancel each other are."""
    moved = [(movement(account, balance, entry), entry) for entry in balance.ledger]
    void = {}
    for name, entry in moved:
        invoice = account.invoices.get(entry.invoice)
        if name in ("void_drawdown", "credit_back") and invoice is not None and invoice.status == "VOID":
            void[entry.invoice] = void.get(entry.invoice, ZERO) + entry.amount
    undone = {invoice for invoice, left in void.items() if left == 0}
    is_undone = lambda name, entry: name in ("void_drawdown", "credit_back") and entry.invoice in undone
    return [(name, accounting_month(name, entry.at, policy), entry, is_undone(name, entry)) for name, entry in moved]


def told(balance):
    """What is said to be paid for a balance: by its schedule, else by the stated cost basis; None where neither is there."""
    if balance.bills:
        return sum((amount for _, amount in balance.bills), ZERO)
    if balance.stated_basis is not None:
        return balance.granted / balance.scale * balance.stated_basis * balance.money_scale
    return None


def paid(account, balance):
    """What all of a balance is worth in money: what its schedule bills; else, of a rest, its part of the commit it comes
    from; else by the stated cost basis; nothing where it was free; None where nobody says."""
    if balance.type == "credit":
        return ZERO
    said = told(balance)
    first = root(account, balance)
    if first is not balance and not balance.bills and told(first) is not None:
        price = basis(account, account.balances[balance.rolled_from])
        return None if price is None else balance.granted * price
    if said is not None:
        return said
    return ZERO if first.is_billed_here else None


def by_hand(account, balance):
    """What people entered in a ledger, all in all: positive where they gave."""
    def counts(entry):
        if entry.invoice in account.invoices:
            return account.invoices[entry.invoice].status != "VOID"
        return entry.kind != "credit_back" or not entry.invoice

    kinds = ("manual", "seat_adjustment", "credit_back", "other")
    return sum((entry.amount for entry in balance.ledger if entry.kind in kinds and counts(entry)), ZERO)


def usable(account, balance):
    """What may be used of a balance for what was paid: what it grants, and what was given on top; where something was paid
    back, less what was taken."""
    is_paid_back = any(amount < 0 for _, amount in balance.bills or [])
    return balance.granted + (by_hand(account, balance) if is_paid_back else max(by_hand(account, balance), ZERO))


def may_use(account, contract, balance):
    """Whether a contract may use a commit or credit of the customer above it."""
    customer, above, _ = account.parents.get(contract, ("", "", False))
    return bool(customer) and balance.customer == customer and balance.contract in ("", above)


def basis(account, balance):
    """Money for each unit that may be used of a balance; None where it is not known."""
    whole, units = paid(account, balance), usable(account, balance)
    return None if whole is None or units == 0 else whole / units


def money_of(account, balance):
    """The currency that a balance is worth something in."""
    return balance.money or balance.currency


def root(account, balance):
    """The commit that was first paid for, through rollovers."""
    while balance.rolled_from in account.balances:
        balance = account.balances[balance.rolled_from]
    return balance
