//! Snapshot tables of commits and credits, each with its ledger inside, from the books as of the snapshot. Columns as in the
//! vendor's database reference.

use super::csv::{Cell, ENVIRONMENT, Row, Table, amount, json_list, optional};
use super::schedule::{self, Access, Billed, Unit};
use crate::account::Account;
use crate::balance::{Balance, BalanceKind, Entry, EntryKind, Instalment};
use crate::calendar::{HOUR, Millis, day_text};
use crate::decimal::{Amount, plain};
use crate::json::{Object, list};
use crate::price_list::Currency;
use crate::terms::{Recurring, fixed};

/// Commits and credits of contracts and customers, put-away ones too.
pub(super) fn balances(account: &Account, balances: &[(usize, Balance)], day: Millis) -> Table {
    let rows = balances.iter().map(|(place, one)| {
        let told = Told::of(account, one, day);
        let mut row = told.begin(day);
        row.extend([
            ("customer_id", account.customers[*place].id.as_str().into()),
            ("contract_id", optional(one.contract.clone())),
        ]);
        row.extend(told.nature());
        row.extend(told.schedules());
        row.extend([
            ("applicable_contract_ids", Cell::Empty),
            ("invoice_contract_id", optional(one.contract.clone().filter(|_| told.is_billed()))),
        ]);
        row.extend(told.history());
        // When the row was exported, which says nothing of when it changed.
        row.push(("updated_at", Cell::Time(day + 4 * HOUR)));
        row
    });
    Table::new("contracts_balances", rows.collect())
}

/// Commits of contracts: a part of [`balances`] in columns of its own.
pub(super) fn commits(account: &Account, balances: &[(usize, Balance)], day: Millis) -> Table {
    let of_contracts = balances.iter().filter(|(_, one)| one.kind != BalanceKind::Credit && one.contract.is_some());
    let rows = of_contracts.map(|(_, one)| {
        let told = Told::of(account, one, day);
        let granted: Amount = one.segments.iter().map(|segment| segment.amount).sum();
        let changed = one.ledger.iter().map(|entry| entry.at).filter(|at| *at <= day).fold(one.created_at, Millis::max);
        let mut row = told.begin(day);
        row.push(("contract_id", optional(one.contract.clone())));
        row.extend(told.nature());
        row.push(("amount", amount(granted)));
        row.extend(told.schedules());
        row.extend(told.history());
        row.push(("updated_at", Cell::Time(changed)));
        row
    });
    Table::new("contracts_commits", rows.collect())
}

/// What makes a commit or a credit every month.
pub(super) fn recurring(account: &Account, day: Millis) -> Table {
    let usd = unit(account, Some(Currency::Usd));
    let mut rows = Vec::new();
    for (place, customer) in account.customers.iter().enumerate() {
        for contract in account.terms(place).contracts {
            let Some(Recurring { id, name, kind, amount }) = contract.recurring else { continue };
            let is_commit = kind != BalanceKind::Credit;
            let each = |wanted: bool| wanted.then(|| schedule::each_time(borrowed(&usd), amount).text());
            rows.push(vec![
                ("id", id.into()),
                ("environment_type", ENVIRONMENT.into()),
                ("snapshot_id", day_text(day).into()),
                ("contract_id", contract.id.into()),
                ("customer_id", customer.id.as_str().into()),
                ("type", if is_commit { "commit" } else { "credit" }.into()),
                ("name", name.into()),
                ("priority", "100".into()),
                ("description", Cell::Empty),
                ("product_id", account.fixed_product(if is_commit { fixed::PREPAID } else { fixed::CREDIT }).into()),
                ("access_amount", optional(each(true))),
                ("invoice_amount", optional(each(is_commit))),
                ("rollover_fraction", Cell::Empty),
                ("rate_type", "LIST_RATE".into()),
                ("applicable_product_ids", Cell::Empty),
                ("applicable_product_tags", Cell::Empty),
                ("specifiers", Cell::Empty),
                ("commit_duration", "{\"unit\":\"PERIODS\",\"value\":1}".into()),
                ("proration", "NONE".into()),
                ("proration_rounding", Cell::Empty),
                ("recurrence_frequency", "MONTHLY".into()),
                ("metadata", "{}".into()),
                ("subscription_config", Cell::Empty),
                ("starting_at", Cell::Time(contract.starts)),
                ("ending_before", contract.ends.map_or(Cell::Empty, Cell::Time)),
                ("updated_at", Cell::Time(day + 4 * HOUR)),
            ]);
        }
    }
    Table::new("contracts_recurring_commits_and_credits", rows)
}

/// The balances that exist at a moment, with the places of their customers.
pub(super) fn all(account: &Account, now: Millis) -> Vec<(usize, Balance)> {
    let of = |place| account.books(place, now).balances.into_iter().map(move |one| (place, one));
    (0..account.customers.len()).flat_map(of).collect()
}

fn borrowed<'a>(unit: &'a Option<(String, &'static str)>) -> Unit<'a> {
    unit.as_ref().map(|(id, name)| (id.as_str(), *name))
}

fn unit(account: &Account, unit: Option<Currency>) -> Option<(String, &'static str)> {
    unit.map(|unit| (account.credit_type(unit), unit.credit_type_name()))
}

/// A balance and what its row says, in the pieces that both tables have in the same order.
struct Told<'a> {
    account: &'a Account,
    balance: &'a Balance,
    now: Millis,
    unit: Option<(String, &'static str)>,
    fiat: Option<(String, &'static str)>,
}

impl<'a> Told<'a> {
    fn of(account: &'a Account, balance: &'a Balance, now: Millis) -> Self {
        // Units and hours are paid for in dollars.
        let fiat = balance.unit.filter(|unit| *unit == Currency::Eur).unwrap_or(Currency::Usd);
        Self { account, balance, now, unit: unit(account, balance.unit), fiat: unit(account, Some(fiat)) }
    }

    fn begin(&self, day: Millis) -> Row {
        vec![
            ("id", self.balance.id.as_str().into()),
            ("environment_type", ENVIRONMENT.into()),
            ("snapshot_id", day_text(day).into()),
        ]
    }

    fn is_billed(&self) -> bool {
        self.balance.billing(self.now).is_some_and(|items| !items.is_empty())
    }

    fn nature(&self) -> Row {
        let (kind, product) = match self.balance.kind {
            BalanceKind::Prepaid => ("prepaid", fixed::PREPAID),
            BalanceKind::Postpaid => ("postpaid", fixed::POSTPAID),
            BalanceKind::Credit => ("credit", fixed::CREDIT),
        };
        vec![
            ("amendment_id", Cell::Empty),
            ("type", kind.into()),
            ("name", self.balance.name.into()),
            ("priority", self.balance.priority.to_string().into()),
            ("description", Cell::Empty),
            ("product_id", self.account.fixed_product(product).into()),
        ]
    }

    fn schedules(&self) -> Row {
        let one = self.balance;
        let (unit, fiat) = (borrowed(&self.unit), borrowed(&self.fiat));
        let access: Vec<Access> = one
            .segments
            .iter()
            .map(|part| Access { id: part.id.clone(), start: part.start, end: part.end, amount: part.amount })
            .collect();
        let billing = one.billing(self.now).map(|items| {
            let billed = |(item, is_billed): (Instalment, bool)| Billed {
                invoice: is_billed.then_some(item.invoice),
                id: item.id,
                at: item.at,
                amount: item.amount,
            };
            schedule::billing(fiat, &items.into_iter().map(billed).collect::<Vec<_>>()).text()
        });
        vec![
            ("access_schedule", schedule::access(unit, &access).text().into()),
            ("invoice_schedule", optional(billing)),
            ("rollover_fraction", optional(one.rollover_percent.map(|percent| plain(percent, 2)))),
            ("rate_type", "LIST_RATE".into()),
            ("applicable_product_ids", if one.products.is_empty() { Cell::Empty } else { json_list(&one.products) }),
            ("applicable_product_tags", Cell::Empty),
            ("specifiers", Cell::Empty),
        ]
    }

    fn history(&self) -> Row {
        let one = self.balance;
        let (rolled_commit, rolled_contract) = one.rolled_from.clone().unzip();
        let cost = (one.kind == BalanceKind::Prepaid).then(|| plain(one.cost_percent, 2));
        vec![
            ("ledger", list(&one.ledger, |entry| self.entry(entry)).text().into()),
            ("rolled_over_from_commit_id", optional(rolled_commit)),
            ("rolled_over_from_contract_id", optional(rolled_contract)),
            ("recurring_commit_id", optional(one.recurring.clone())),
            ("metadata", "{}".into()),
            ("balance", amount(one.usable(self.now))),
            ("cost_basis", optional(cost)),
        ]
    }

    /// An entry of the ledger. A manual one names its segment here, which the API does not.
    fn entry(&self, entry: &Entry) -> Object {
        let one = self.balance;
        let rolled = one.rolls_into.as_ref().filter(|_| entry.kind == EntryKind::Rollover).map(|(commit, _)| commit);
        let first = one.segments.first().map(|segment| &segment.id);
        let segment = entry.segment.as_ref().or(first.filter(|_| entry.kind == EntryKind::Manual));
        schedule::entry(entry_type(one.kind, entry.kind), entry.at, entry.amount)
            .some("segment_id", segment.filter(|_| one.kind != BalanceKind::Postpaid))
            .some("invoice_id", entry.invoice.as_ref())
            .some("new_contract_id", entry.new_contract.as_ref())
            .some("new_commit_id", rolled)
            .some("reason", entry.reason)
    }
}

/// What the export calls an entry; for kinds it has no documented name for, as its guides do.
fn entry_type(of: BalanceKind, kind: EntryKind) -> &'static str {
    match (of, kind) {
        (BalanceKind::Prepaid, EntryKind::Start) => "prepaid_segment_start",
        (BalanceKind::Prepaid, EntryKind::Deduction) => "prepaid_automated_invoice_deduction",
        (BalanceKind::Prepaid, EntryKind::Rollover) => "prepaid_rollover",
        (BalanceKind::Prepaid, EntryKind::Credited) => "prepaid_commit_credited",
        (BalanceKind::Prepaid, EntryKind::Manual) => "prepaid_manual",
        (BalanceKind::Prepaid, EntryKind::Expiration | EntryKind::Trueup) => "prepaid_segment_expiration",
        (BalanceKind::Postpaid, EntryKind::Start) => "postpaid_initial_balance",
        // As in the API, what is given back is a deduction with the other sign.
        (BalanceKind::Postpaid, EntryKind::Deduction | EntryKind::Credited) => "postpaid_automated_invoice_deduction",
        (BalanceKind::Postpaid, EntryKind::Rollover) => "postpaid_rollover",
        (BalanceKind::Postpaid, EntryKind::Manual) => "postpaid_manual",
        (BalanceKind::Postpaid, EntryKind::Trueup) => "postpaid_trueup",
        (BalanceKind::Postpaid, EntryKind::Expiration) => "postpaid_commit_expiration",
        (BalanceKind::Credit, EntryKind::Start) => "credit_segment_start",
        (BalanceKind::Credit, EntryKind::Deduction) => "credit_automated_invoice_deduction",
        (BalanceKind::Credit, EntryKind::Rollover) => "credit_rollover",
        (BalanceKind::Credit, EntryKind::Credited) => "credit_commit_credited",
        (BalanceKind::Credit, EntryKind::Manual) => "credit_manual",
        (BalanceKind::Credit, EntryKind::Expiration | EntryKind::Trueup) => "credit_segment_expiration",
    }
}
