//! A history as rows of the data export, with the versions that a row had before. Columns as in the vendor's database
//! reference.

use super::agreed::{Agreed, Contract, Fee, Told};
use super::bill::{Invoice, Line, Purpose, Status};
use super::deliver::{Deliveries, Frame};
use super::ledger::{Balance, Entry, Kind, Movement};
use super::life::Life;
use super::units::Micros;
use super::{BEFORE, LONG_BEFORE};
use crate::account::USD_CREDIT_TYPE;
use crate::calendar::{DAY, HOUR, Millis, date, day_text};
use crate::decimal::{Amount, plain};
use crate::export::csv::{Cell, ENVIRONMENT, Row, amount, json_list, optional};
use crate::export::schedule::{self, Access};
use crate::json::{Json, Object, list, zulu};
use crate::price_list::Currency;
use crate::random::uuid;
use std::io;

/// Tells everything of a customer.
pub(super) fn tell(life: &Life, to: &mut Deliveries) -> io::Result<()> {
    let (agreed, now) = (&life.agreed, to.now());
    let before = now - BEFORE;
    let renamed = customer(agreed, date(2024, 5, 1), "");
    to.row("customer", renamed, vec![customer(agreed, date(2023, 6, 1), ", formerly")])?;
    for contract in &agreed.contracts {
        to.snapshot("contracts_contracts", Frame::Newest, contract_row(agreed, contract, now))?;
        to.snapshot("contracts_contracts", Frame::Before, contract_row(agreed, contract, before))?;
    }
    for (place, contract) in agreed.contracts.iter().enumerate() {
        if let Some(row) = charge_row(agreed, contract, place, now) {
            to.snapshot("contracts_scheduled_charges", Frame::Newest, row)?;
        }
    }
    // A rest is a balance from the day on that it moved.
    for balance in agreed.balances.iter().filter(|one| one.rolled_from.is_none() || one.start() <= now) {
        to.snapshot("contracts_balances", Frame::Newest, balance_row(agreed, balance, now, now))?;
        to.snapshot("contracts_balances", Frame::Before, balance_row(agreed, balance, before, now))?;
    }
    for invoice in &life.invoices {
        if invoice.status.is_draft() {
            tell_draft(life, invoice, to)?;
        } else {
            tell_final(life, invoice, to)?;
        }
    }
    Ok(())
}

/// An invoice and its lines, and what was told of them before: that it was not void or not paid, or had less usage.
fn tell_final(life: &Life, invoice: &Invoice, to: &mut Deliveries) -> io::Result<()> {
    let agreed = &life.agreed;
    let issued = invoice.issued_at + 5 * HOUR;
    let mut versions = Vec::new();
    let lines = line_ids(agreed, invoice);
    let late = invoice.lines.iter().position(|line| line.total > Micros::ZERO).filter(|_| invoice.is_retold);
    let missing = late.map_or(Micros::ZERO, |place| invoice.lines[place].total);
    let plain = Invoice { status: Status::Finalized, provider: None, ..invoice.clone() };
    versions.push(invoice_row(agreed, &plain, invoice.total() - missing, issued));
    if late.is_some() {
        versions.push(invoice_row(agreed, &plain, invoice.total(), issued + DAY));
    }
    if invoice.provider.is_some() {
        let sent = Invoice { provider: Some("SENT"), ..plain };
        versions.push(invoice_row(agreed, &sent, invoice.total(), issued + 2 * DAY));
    }
    let changed = invoice.voided_at.unwrap_or(issued + 3 * DAY);
    to.row("invoice", invoice_row(agreed, invoice, invoice.total(), changed), versions)?;
    for (place, (id, line)) in lines.iter().zip(&invoice.lines).enumerate() {
        let row = line_row(invoice, (id.as_str(), line), issued + 2 * DAY);
        let before = (late == Some(place)).then(|| {
            let line = Line { quantity: 0, total: Micros::ZERO, ..line.clone() };
            line_row(invoice, (id.as_str(), &line), issued)
        });
        to.row("line_item", row, before.into_iter().collect())?;
    }
    // What some snapshot of drafts still has.
    if let Some(period) = invoice.period.filter(|_| invoice.status == Status::Finalized) {
        let now = to.now();
        let is_recent = period.1 > now - 6 * DAY;
        if to.chance(3) {
            tell_early(agreed, invoice, (Frame::LongBefore, now - LONG_BEFORE), to)?;
        }
        if is_recent && to.chance(2) {
            tell_early(agreed, invoice, (Frame::Newest, now), to)?;
        }
    }
    Ok(())
}

fn tell_draft(life: &Life, invoice: &Invoice, to: &mut Deliveries) -> io::Result<()> {
    let (agreed, now) = (&life.agreed, to.now());
    let total = (invoice.status == Status::Draft).then(|| invoice.total());
    to.snapshot("draft_invoice", Frame::Newest, draft_row(agreed, invoice, total, now))?;
    for (id, line) in line_ids(agreed, invoice).iter().zip(&invoice.lines) {
        to.snapshot("draft_line_item", Frame::Newest, draft_line_row(agreed, invoice, (id.as_str(), line), now))?;
    }
    // The snapshot before has no invoice that the newest one lacks: a newest one of too few rows would not count.
    if to.is_first_draft() || to.chance(2) {
        tell_early(agreed, invoice, (Frame::Before, now - BEFORE), to)?;
    }
    Ok(())
}

/// An invoice as an earlier draft: half of each thing that is billed, and nothing applied.
fn tell_early(
    agreed: &Agreed,
    invoice: &Invoice,
    (frame, day): (Frame, Millis),
    to: &mut Deliveries,
) -> io::Result<()> {
    let ids = line_ids(agreed, invoice);
    let draft = invoice.early();
    to.snapshot("draft_invoice", frame, draft_row(agreed, &draft, Some(draft.total()), day))?;
    let kept_ids = ids.iter().zip(&invoice.lines).filter(|(_, line)| invoice.is_early(line)).map(|(id, _)| id);
    for (id, line) in kept_ids.zip(&draft.lines) {
        to.snapshot("draft_line_item", frame, draft_line_row(agreed, &draft, (id.as_str(), line), day))?;
    }
    Ok(())
}

fn line_ids(agreed: &Agreed, invoice: &Invoice) -> Vec<String> {
    (0..invoice.lines.len()).map(|place| uuid(agreed.seed, &invoice.id, &[place as u64])).collect()
}

fn credit_type(unit: Currency) -> String {
    match unit {
        Currency::Usd => USD_CREDIT_TYPE.into(),
        // The same for every seed: two accounts in one lake have one name for one unit.
        Currency::Eur | Currency::Compute => uuid(0, "history credit type", &[unit as u64]),
    }
}

fn time(at: Option<Millis>) -> Cell {
    at.map_or(Cell::Empty, Cell::Time)
}

fn customer(agreed: &Agreed, changed: Millis, note: &str) -> Row {
    vec![
        ("id", agreed.customer.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("name", format!("Customer {:05}{note}", agreed.number + 1).into()),
        ("ingest_aliases", "[]".into()),
        ("salesforce_account_id", Cell::Empty),
        ("billing_provider_type", Cell::Empty),
        ("billing_provider_customer_id", Cell::Empty),
        ("custom_fields", "{}".into()),
        ("created_at", Cell::Time(date(2023, 6, 1))),
        ("updated_at", Cell::Time(changed)),
        ("archived_at", Cell::Empty),
    ]
}

fn contract_row(agreed: &Agreed, contract: &Contract, day: Millis) -> Row {
    vec![
        ("id", contract.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_id", day_text(day).into()),
        ("name", "Contract".into()),
        ("customer_id", agreed.customer.as_str().into()),
        ("package_id", Cell::Empty),
        ("rate_card_id", Cell::Empty),
        ("starting_at", Cell::Time(contract.span.0)),
        ("ending_before", Cell::Time(contract.span.1)),
        ("archived_at", Cell::Empty),
        ("multiplier_override_prioritization", Cell::Empty),
        ("net_payment_terms_days", optional(contract.payment_days.map(|days| days.to_string()))),
        ("usage_statement_schedule_frequency", "MONTHLY".into()),
        ("scheduled_charges_on_usage_invoices", optional(contract.is_combined.then(|| "ALL".into()))),
        ("metadata", "{}".into()),
        ("created_at", Cell::Time(date(2023, 6, 1))),
        ("created_by", "simulator".into()),
        ("updated_at", Cell::Time(day + 4 * HOUR)),
    ]
}

/// The scheduled charge of a contract's fees, where it has one.
fn charge_row(agreed: &Agreed, contract: &Contract, place: usize, day: Millis) -> Option<Row> {
    let fees: Vec<_> = agreed.fees.iter().filter(|fee| fee.contract == place && fee.told == Told::Charge).collect();
    if fees.is_empty() {
        return None;
    }
    let item = |(number, fee): (usize, &&Fee)| {
        Object::new()
            .set("id", agreed.id("history charge date", &[place as u64, number as u64]))
            .set("date", zulu(fee.at))
            .set("amount", fee.amount.amount())
    };
    let schedule = Object::new()
        .set("schedule_items", list(fees.iter().enumerate(), item))
        .set("recurring_schedule", None::<&str>);
    Some(vec![
        ("id", agreed.id("history charge", &[place as u64]).into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_id", day_text(day).into()),
        ("contract_id", contract.id.as_str().into()),
        ("amendment_id", Cell::Empty),
        ("name", "Support".into()),
        ("description", Cell::Empty),
        ("product_id", agreed.fixed_product(2).into()),
        ("credit_type_id", credit_type(contract.money()).into()),
        ("credit_type_name", contract.money().credit_type_name().into()),
        ("schedule", Json::from(schedule).text().into()),
        ("metadata", "{}".into()),
        ("updated_at", Cell::Time(day + 4 * HOUR)),
    ])
}

/// An invoice with a total of its own, as an earlier version may have.
fn invoice_row(agreed: &Agreed, invoice: &Invoice, total: Micros, changed: Millis) -> Row {
    let label = match invoice.purpose {
        Purpose::Usage => "CONTRACT_USAGE",
        Purpose::Scheduled => "CONTRACT_SCHEDULED",
        Purpose::Trueup => "CONTRACT_TRUEUP",
    };
    let sent = invoice.provider.map(|_| invoice.issued_at + 6 * HOUR);
    vec![
        ("id", invoice.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("status", invoice.status.text().into()),
        ("total", amount(total.amount())),
        ("credit_type_id", credit_type(invoice.currency).into()),
        ("credit_type_name", invoice.currency.credit_type_name().into()),
        ("customer_id", agreed.customer.as_str().into()),
        ("plan_id", Cell::Empty),
        ("plan_name", Cell::Empty),
        ("contract_id", agreed.contracts[invoice.contract].id.as_str().into()),
        (
            "billing_provider_invoice_id",
            optional(invoice.provider.map(|_| format!("in_{}", invoice.id.replace('-', "")))),
        ),
        ("billing_provider_type", optional(invoice.provider.map(|_| "stripe".into()))),
        ("billing_provider_invoice_created_at", time(sent)),
        ("billing_provider_invoice_external_status", optional(invoice.provider.map(str::to_owned))),
        ("invoice_label", label.into()),
        ("metadata", "{}".into()),
        ("start_timestamp", time(invoice.period.map(|period| period.0))),
        ("end_timestamp", time(invoice.period.map(|period| period.1))),
        ("issued_at", Cell::Time(invoice.issued_at)),
        ("updated_at", Cell::Time(changed)),
    ]
}

fn line_row(invoice: &Invoice, (id, line): (&str, &Line), changed: Millis) -> Row {
    let mut row = vec![("id", id.into()), ("environment_type", ENVIRONMENT.into())];
    row.extend(line_begin(invoice, line));
    row.extend([
        ("metadata", "{}".into()),
        ("subscription_id", optional(line.subscription.clone())),
        ("is_prorated", "false".into()),
        ("starting_at", time(line.span.map(|span| span.0))),
        ("ending_before", time(line.span.map(|span| span.1))),
        ("updated_at", Cell::Time(changed)),
    ]);
    row
}

/// The columns that lines of finals and of drafts have in the same order.
fn line_begin(invoice: &Invoice, line: &Line) -> Row {
    vec![
        ("invoice_id", invoice.id.as_str().into()),
        ("credit_grant_id", Cell::Empty),
        ("credit_type_id", credit_type(line.unit).into()),
        ("credit_type_name", line.unit.credit_type_name().into()),
        ("name", line.name.into()),
        ("quantity", plain(line.quantity, 12).into()),
        ("total", amount(line.total.amount())),
        ("commit_id", optional(line.commit.clone())),
        ("product_id", optional(line.product.clone())),
        ("group_key", Cell::Empty),
        ("group_value", Cell::Empty),
        ("unit_price", optional(line.price.map(|price| plain(price.amount().0, Amount::SCALE)))),
        ("pricing_group_values", Cell::Empty),
    ]
}

fn draft_row(agreed: &Agreed, invoice: &Invoice, total: Option<Micros>, day: Millis) -> Row {
    vec![
        ("_metronome_metadata_id", uuid(agreed.seed, &invoice.id, &[day as u64]).into()),
        ("id", invoice.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_time", Cell::Time(day)),
        ("status", invoice.status.text().into()),
        ("total", total.map_or(Cell::Empty, |total| amount(total.amount()))),
        ("credit_type_id", credit_type(invoice.currency).into()),
        ("credit_type_name", invoice.currency.credit_type_name().into()),
        ("customer_id", agreed.customer.as_str().into()),
        ("plan_id", Cell::Empty),
        ("plan_name", Cell::Empty),
        ("contract_id", agreed.contracts[invoice.contract].id.as_str().into()),
        ("billable_status", "BILLABLE".into()),
        ("billing_provider_invoice_id", Cell::Empty),
        ("billing_provider_invoice_created_at", Cell::Empty),
        ("label", "CONTRACT_USAGE".into()),
        ("start_timestamp", time(invoice.period.map(|period| period.0))),
        ("end_timestamp", time(invoice.period.map(|period| period.1))),
        ("updated_at", Cell::Time(day + 3 * HOUR)),
    ]
}

fn draft_line_row(agreed: &Agreed, invoice: &Invoice, (id, line): (&str, &Line), day: Millis) -> Row {
    let mut row = vec![
        ("_metronome_metadata_id", uuid(agreed.seed, id, &[day as u64]).into()),
        ("id", id.into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_time", Cell::Time(day)),
    ];
    row.extend(line_begin(invoice, line));
    row.extend([
        ("subscription_id", optional(line.subscription.clone())),
        ("is_prorated", "false".into()),
        ("metadata", "{}".into()),
        ("starting_at", time(line.span.map(|span| span.0))),
        ("ending_before", time(line.span.map(|span| span.1))),
        ("updated_at", Cell::Time(day + 3 * HOUR)),
    ]);
    row
}

/// A balance as of the newest snapshot, or as one before it told it: without what came later.
fn balance_row(agreed: &Agreed, balance: &Balance, day: Millis, now: Millis) -> Row {
    let (unit_id, money_id) = (credit_type(balance.unit), credit_type(balance.money()));
    let unit = Some((unit_id.as_str(), balance.unit.credit_type_name()));
    let access: Vec<Access> = balance
        .segments
        .iter()
        .map(|segment| Access {
            id: segment.id.clone(),
            start: segment.span.0,
            end: segment.span.1,
            amount: segment.granted.amount(),
        })
        .collect();
    let is_newest = day == now;
    let told = balance.entries.iter().filter(|entry| is_newest || entry.at <= day);
    let ledger = list(told, |one| entry(agreed, balance, one));
    let contract = balance.contract.map(|place| agreed.contracts[place].id.clone());
    let origin = balance.rolled_from.map(|place| &agreed.balances[place]);
    let origin_contract = origin.and_then(|one| one.contract).map(|place| agreed.contracts[place].id.clone());
    let usable = if is_newest { balance.usable(now) } else { Micros::ZERO };
    let products: Vec<String> = balance.products.iter().map(|place| agreed.product(*place)).collect();
    vec![
        ("id", balance.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_id", day_text(day).into()),
        ("customer_id", agreed.customer.as_str().into()),
        ("contract_id", optional(contract.clone())),
        ("amendment_id", Cell::Empty),
        ("type", kind(balance.kind).into()),
        ("name", balance.name.into()),
        ("priority", "100".into()),
        ("description", Cell::Empty),
        ("product_id", agreed.fixed_product(0).into()),
        ("access_schedule", schedule::access(unit, &access).text().into()),
        ("invoice_schedule", optional(billing(balance, &money_id))),
        ("rollover_fraction", optional(balance.rollover_percent.map(|percent| plain(percent, 2)))),
        ("rate_type", "LIST_RATE".into()),
        ("applicable_product_ids", if products.is_empty() { Cell::Empty } else { json_list(&products) }),
        ("applicable_product_tags", Cell::Empty),
        ("specifiers", Cell::Empty),
        ("applicable_contract_ids", Cell::Empty),
        ("invoice_contract_id", optional(contract.filter(|_| balance.bills.is_some()))),
        ("ledger", ledger.text().into()),
        ("rolled_over_from_commit_id", optional(origin.map(|one| one.id.clone()))),
        ("rolled_over_from_contract_id", optional(origin_contract)),
        ("recurring_commit_id", optional(balance.recurring.clone())),
        ("metadata", "{}".into()),
        ("balance", amount(usable.amount())),
        ("cost_basis", optional(balance.is_cost_stated.then(|| plain(balance.cost_percent, 2)))),
        ("updated_at", Cell::Time(day + 4 * HOUR)),
    ]
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Prepaid => "prepaid",
        Kind::Postpaid => "postpaid",
        Kind::Credit => "credit",
    }
}

/// `invoice_schedule`; nothing for what has none. A schedule without items is of what is free, or paid elsewhere.
fn billing(balance: &Balance, money: &str) -> Option<String> {
    let items = list(balance.bills.as_ref()?, |bill| {
        Object::new()
            .set("id", &bill.id)
            .set("date", zulu(bill.at))
            .set("amount", bill.amount.amount())
            .set("invoice_id", bill.invoice.as_ref())
    });
    let schedule = Object::new()
        .set("credit_type_id", money)
        .set("credit_type_name", balance.money().credit_type_name())
        .set("do_not_invoice", balance.is_paid_elsewhere)
        .set("schedule_items", items)
        .set("recurring_schedule", None::<&str>);
    Some(Json::from(schedule).text())
}

fn entry(agreed: &Agreed, balance: &Balance, entry: &Entry) -> Object {
    let name = match (balance.kind, entry.movement) {
        (Kind::Postpaid, Movement::Grant) => "postpaid_initial_balance".to_owned(),
        (_, Movement::Grant) => format!("{}_segment_start", kind(balance.kind)),
        (_, Movement::Drawdown | Movement::Pending | Movement::VoidDrawdown) => {
            format!("{}_automated_invoice_deduction", kind(balance.kind))
        }
        (_, Movement::Expiry) => format!("{}_segment_expiration", kind(balance.kind)),
        (_, Movement::Rollover) => format!("{}_rollover", kind(balance.kind)),
        (_, Movement::Manual) => format!("{}_manual", kind(balance.kind)),
        (Kind::Credit, Movement::CreditBack) => "credit_commit_credited".to_owned(),
        (_, Movement::CreditBack) => "prepaid_commit_credited".to_owned(),
        (_, Movement::Trueup) => "postpaid_trueup".to_owned(),
    };
    let segment = Some(&balance.segments[entry.segment].id).filter(|_| balance.kind != Kind::Postpaid);
    let next = entry.into.as_ref().and_then(|id| agreed.balances.iter().find(|one| one.id == *id));
    let contract = next.and_then(|one| one.contract).map(|place| agreed.contracts[place].id.clone());
    schedule::entry(&name, entry.at, entry.amount.amount())
        .some("segment_id", segment)
        .some("invoice_id", entry.invoice.as_ref())
        .some("new_contract_id", contract)
        .some("new_commit_id", entry.into.as_ref())
        .some("reason", (entry.movement == Movement::Manual).then_some("agreed with the customer"))
}
