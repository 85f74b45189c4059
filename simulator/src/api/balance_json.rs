//! Commit and credit objects and the entries of their ledgers.

use super::json::{Json, Object, list, millis, percent, zulu};
use super::units::credit_type;
use crate::account::Account;
use crate::balance::{Balance, BalanceKind, Entry, EntryKind};
use crate::calendar::Millis;
use crate::decimal::Quantity;
use crate::price_list::Currency;
use crate::terms::{FIXED_PRODUCTS, fixed};

/// What of a balance is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Include {
    /// Its ledger.
    pub ledger: bool,
    /// What can be used now.
    pub balance: bool,
    /// The shape of version 2, in which a credit says when it was made.
    pub v2: bool,
}

/// The type of an entry.
pub fn entry_type(of: BalanceKind, kind: EntryKind) -> &'static str {
    match (of, kind) {
        (BalanceKind::Prepaid, EntryKind::Start) => "PREPAID_COMMIT_SEGMENT_START",
        (BalanceKind::Prepaid, EntryKind::Deduction) => "PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION",
        (BalanceKind::Prepaid, EntryKind::Rollover) => "PREPAID_COMMIT_ROLLOVER",
        (BalanceKind::Prepaid, EntryKind::Credited) => "PREPAID_COMMIT_CREDITED",
        (BalanceKind::Prepaid, EntryKind::Manual) => "PREPAID_COMMIT_MANUAL",
        (BalanceKind::Prepaid, EntryKind::Expiration | EntryKind::Trueup) => "PREPAID_COMMIT_EXPIRATION",
        (BalanceKind::Postpaid, EntryKind::Start) => "POSTPAID_COMMIT_INITIAL_BALANCE",
        // There is no type of its own for what is given back: it is a deduction with the other sign.
        (BalanceKind::Postpaid, EntryKind::Deduction | EntryKind::Credited) => {
            "POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION"
        }
        (BalanceKind::Postpaid, EntryKind::Rollover) => "POSTPAID_COMMIT_ROLLOVER",
        (BalanceKind::Postpaid, EntryKind::Manual) => "POSTPAID_COMMIT_MANUAL",
        (BalanceKind::Postpaid, EntryKind::Trueup) => "POSTPAID_COMMIT_TRUEUP",
        (BalanceKind::Postpaid, EntryKind::Expiration) => "POSTPAID_COMMIT_EXPIRATION",
        (BalanceKind::Credit, EntryKind::Start) => "CREDIT_SEGMENT_START",
        (BalanceKind::Credit, EntryKind::Deduction) => "CREDIT_AUTOMATED_INVOICE_DEDUCTION",
        (BalanceKind::Credit, EntryKind::Rollover) => "CREDIT_ROLLOVER",
        (BalanceKind::Credit, EntryKind::Credited) => "CREDIT_CREDITED",
        (BalanceKind::Credit, EntryKind::Manual) => "CREDIT_MANUAL",
        (BalanceKind::Credit, EntryKind::Expiration | EntryKind::Trueup) => "CREDIT_EXPIRATION",
    }
}

fn entry(of: &Balance, entry: &Entry) -> Json {
    let initial = of.kind == BalanceKind::Postpaid && matches!(entry.kind, EntryKind::Start | EntryKind::Expiration);
    let contract = of.contract.as_ref().filter(|_| entry.invoice.is_some());
    Object::new()
        .set("type", entry_type(of.kind, entry.kind))
        .set("timestamp", millis(entry.at))
        .set("amount", entry.amount)
        .some("segment_id", entry.segment.as_ref().filter(|_| !initial))
        .some("invoice_id", entry.invoice.as_ref())
        .some("contract_id", contract)
        .some("new_contract_id", entry.new_contract.as_ref())
        .some("reason", entry.reason)
        .into()
}

/// The object of a commit or a credit.
pub fn balance(account: &Account, balance: &Balance, include: Include, now: Millis) -> Json {
    let product = match balance.kind {
        BalanceKind::Prepaid => fixed::PREPAID,
        BalanceKind::Postpaid => fixed::POSTPAID,
        BalanceKind::Credit => fixed::CREDIT,
    };
    let is_commit = balance.kind != BalanceKind::Credit;
    let named = |id: &String| Object::new().set("id", id);
    let access = Object::new()
        .some("credit_type", balance.unit.map(|unit| credit_type(account, unit)))
        .set(
            "schedule_items",
            list(&balance.segments, |segment| {
                Object::new()
                    .set("id", &segment.id)
                    .set("amount", segment.amount)
                    .set("starting_at", millis(segment.start))
                    .set("ending_before", millis(segment.end))
            }),
        )
        .set("access_type", if balance.unit.is_some() { "SPEND" } else { "QUANTITY" });
    let fiat = balance.unit.filter(|unit| *unit == Currency::Eur).unwrap_or(Currency::Usd);
    let billing = balance.billing(now).unwrap_or_default();
    let price = (!billing.is_empty()).then(|| {
        Object::new().set("credit_type", credit_type(account, fiat)).set(
            "schedule_items",
            list(&billing, |(item, is_billed)| {
                // The invoice is named once it exists, and null says that it does not.
                let invoice = is_billed.then_some(&item.invoice);
                Object::new()
                    .set("id", &item.id)
                    .set("invoice_id", invoice)
                    .set("amount", item.amount)
                    .set("unit_price", item.amount)
                    .set("quantity", Quantity::whole(1))
                    .set("timestamp", millis(item.at))
            }),
        )
    });
    let unpaid = (balance.kind == BalanceKind::Prepaid && balance.price.is_empty())
        .then(|| Object::new().set("schedule_items", Vec::new()).set("do_not_invoice", true));
    let rolled = balance.rolled_from.as_ref().map(|(commit, contract)| {
        Object::new().set(if is_commit { "commit_id" } else { "credit_id" }, commit).set("contract_id", contract)
    });
    let (recurring_commit, recurring_credit) =
        if is_commit { (balance.recurring.as_ref(), None) } else { (None, balance.recurring.as_ref()) };
    let products = (!balance.products.is_empty()).then(|| list(&balance.products, |id| id));
    Object::new()
        .set("id", &balance.id)
        .some("contract", balance.contract.as_ref().map(named))
        .set("type", balance.kind.text())
        .some("rate_type", (is_commit || !include.v2).then_some("LIST_RATE"))
        .set("name", balance.name)
        .set("priority", balance.priority)
        .set("product", Object::new().set("id", account.fixed_product(product)).set("name", FIXED_PRODUCTS[product]))
        .set("access_schedule", access)
        .some("invoice_schedule", price.or(unpaid))
        .some("invoice_contract", balance.contract.as_ref().filter(|_| !billing.is_empty()).map(named))
        .some("recurring_commit_id", recurring_commit)
        .some("recurring_credit_id", recurring_credit)
        .some("rolled_over_from", rolled)
        .some("rollover_fraction", balance.rollover_percent.filter(|_| is_commit).map(percent))
        .some("applicable_product_ids", products)
        .some("cost_basis", (balance.kind == BalanceKind::Prepaid).then(|| percent(balance.cost_percent)))
        .some("ledger", include.ledger.then(|| list(&balance.ledger, |one| entry(balance, one))))
        .some("balance", include.balance.then(|| balance.usable(now)))
        .set("custom_fields", Object::new())
        .some("archived_at", balance.archived_at.filter(|at| is_commit && *at <= now).map(zulu))
        .some("created_at", (is_commit || include.v2).then(|| zulu(balance.created_at)))
        .set("created_by", "simulator")
        .into()
}
