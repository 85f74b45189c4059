//! The published tables, row by row in their order, with the ids, amounts and words they print. Where a table is printed
//! again for a later turn of a story, its rows stand again.
//!
//! What the export has and the tables do not print asserts nothing new: the customer of an invoice is that of its story, an
//! entry of a ledger names the usage invoice that ends when it is dated, a product goes by its name.

use super::tables::{Balance, Contract, Customer, Entry, Invoice, Line, Tables, told_at};
use super::{cents, dollars, first_of, january};
use crate::calendar::Millis;
use crate::decimal::Amount;
use crate::export::schedule::{Access, Billed};

const SCHEDULED: &str = "CONTRACT_SCHEDULED";
const USAGE: &str = "CONTRACT_USAGE";
const TRUEUP: &str = "CONTRACT_TRUEUP";

/// Every table.
pub(super) fn tables() -> Tables {
    let customer = |id: &str, name| Customer { id: id.into(), name };
    let contract = |id: &str, customer: &str, end| Contract {
        id: id.into(),
        customer: customer.into(),
        name: "",
        start: january(1),
        end,
    };
    let year = Some(first_of(13));
    let mut tables = Tables {
        customers: vec![
            customer("10001", "Customer A"),
            customer("10002", "Customer B"),
            customer("10003", "Customer C"),
        ],
        // The second is printed for Customer B, with the customer of the first.
        contracts: vec![
            contract("20001", "10001", None),
            contract("20002", "10001", year),
            contract("20003", "10003", year),
        ],
        ..Tables::default()
    };
    credits(&mut tables);
    prepaid(&mut tables);
    underuse(&mut tables);
    overage(&mut tables);
    postpaid(&mut tables);
    tables
}

/// Free credits, then usage on demand.
fn credits(tables: &mut Tables) {
    let (first, middle, last) = (january(1), january(16), first_of(2));
    let applied = "Free_trial_credits applied";
    tables.invoices.push(invoice((30001, USAGE, 459), "10001", "20001", (first, last)));
    let covered = Some("50001");
    tables.lines.extend([
        line((40001, 30001), (360, Some(100), 360), ("CloudCompute", "CloudCompute"), covered, (first, middle)),
        line((40002, 30001), (100, Some(50), 50), ("CloudStorage", "CloudStorage"), covered, (first, middle)),
        line((40003, 30001), (1, None, -360), (applied, "CloudCompute"), covered, (first, middle)),
        line((40004, 30001), (1, None, -50), (applied, "CloudStorage"), covered, (first, middle)),
        line((40005, 30001), (384, Some(100), 384), ("CloudCompute", "CloudCompute"), None, (middle, last)),
        line((40006, 30001), (150, Some(50), 75), ("CloudStorage", "CloudStorage"), None, (middle, last)),
    ]);
    tables.balances.push(Balance {
        id: "50001".into(),
        customer: "10001".into(),
        contract: "20001".into(),
        kind: "CREDIT",
        name: "Free_trial_credits",
        product: None,
        rate_type: None,
        access: access("50001", 500, middle),
        billed: None,
        cost_percent: None,
        ledger: vec![
            entry(60001, "credit_segment_start", first, 500, None),
            entry(60002, "credit_automated_invoice_deduction", middle, -410, Some(30001)),
            entry(60003, "credit_segment_expiration", middle, -90, None),
        ],
    });
}

/// A prepaid commit and its first month.
fn prepaid(tables: &mut Tables) {
    let (first, last) = (january(1), first_of(2));
    let applied = "prepaid_commitment applied";
    let commit = Some("50002");
    tables.invoices.extend(invoices_of_b(1, [0, 0]));
    tables.lines.extend([
        line(
            (40005, 30002),
            (1, Some(1_000_000), 10_000),
            ("Prepaid Commit", "Prepaid Commit"),
            commit,
            (first, first),
        ),
        line((40006, 30003), (1_000, Some(80), 800), ("CloudCompute", "CloudCompute"), commit, (first, last)),
        line((40007, 30003), (250, Some(40), 100), ("CloudStorage", "CloudStorage"), commit, (first, last)),
        line((40008, 30003), (1, None, -800), (applied, "CloudCompute"), commit, (first, last)),
        line((40009, 30003), (1, None, -100), (applied, "CloudStorage"), commit, (first, last)),
    ]);
    // This ledger is printed without numbers.
    let ledger = [(1, "prepaid_segment_start", 10_000), (2, "prepaid_automated_invoice_deduction", -900)];
    let entries = ledger.map(|(month, kind, amount)| Entry {
        number: None,
        ..entry(0, kind, first_of(month), amount, (month > 1).then_some(30003))
    });
    tables.balances.push(commit_of_b(entries.into()));
}

/// The same commit, drawn by 700 in every later month: 1,400 lapse.
fn underuse(tables: &mut Tables) {
    tables.invoices.extend(invoices_of_b(12, [0, 0]));
    let mut ledger = ledger_of_b(-700);
    ledger.push(entry(60014, "prepaid_segment_expiration", first_of(13), -1_400, None));
    tables.balances.push(commit_of_b(ledger));
}

/// The same commit again, drawn by 1,000 in every later month, and on after it is used up.
fn overage(tables: &mut Tables) {
    let span = (first_of(11), first_of(12));
    let commit = Some("50002");
    tables.invoices.extend(invoices_of_b(12, [900, 1_000]));
    tables.lines.extend([
        line((40006, 30013), (1_000, Some(80), 800), ("CloudCompute", "CloudCompute"), commit, span),
        line((40007, 30013), (500, Some(40), 200), ("CloudStorage", "CloudStorage"), commit, span),
        line((40008, 30013), (1, None, -100), ("prepaid_commitment applied", "CloudCompute"), commit, span),
    ]);
    tables.balances.push(commit_of_b(ledger_of_b(-1_000)));
}

/// A postpaid commit, used by 800 in every month, with a true-up.
fn postpaid(tables: &mut Tables) {
    // The number of the tenth usage invoice stands on three rows, and the true-up has the next one.
    let number = |month: i64| 30001 + month.min(10) as u32;
    for month in 1..=12 {
        let span = (first_of(month), first_of(month + 1));
        tables.invoices.push(invoice((number(month), SCHEDULED, 800), "10003", "20003", span));
    }
    tables.invoices.push(invoice((30012, TRUEUP, 400), "10003", "20003", (first_of(12), first_of(13))));
    let mut ledger = vec![entry(60001, "postpaid_initial_balance", first_of(1), 10_000, None)];
    ledger.extend((1..=12).map(|month| {
        let kind = "postpaid_automated_invoice_deduction";
        entry(60001 + month as u32, kind, first_of(month + 1), -800, Some(number(month)))
    }));
    ledger.push(entry(60014, "postpaid_trueup", first_of(13), -400, Some(30012)));
    ledger.iter_mut().for_each(|entry| entry.of_segment = false);
    tables.balances.push(Balance {
        id: "50003".into(),
        customer: "10003".into(),
        contract: "20003".into(),
        kind: "POSTPAID",
        name: "postpaid_commitment",
        product: None,
        rate_type: None,
        access: access("50003", 10_000, first_of(13)),
        billed: Some(billed("50003", first_of(13), 30012)),
        cost_percent: None,
        ledger,
    });
}

/// The purchase of the commit of Customer B and its usage invoices of so many months, with the totals of the last two.
fn invoices_of_b(months: i64, last: [i128; 2]) -> Vec<Invoice> {
    let of = |what, span| invoice(what, "10002", "20002", span);
    let mut invoices =
        vec![Invoice { issued_at: first_of(1), ..of((30002, SCHEDULED, 10_000), (first_of(1), first_of(2))) }];
    invoices.extend((1..=months).map(|month| {
        let total = if month > 10 { last[month as usize - 11] } else { 0 };
        of((30002 + month as u32, USAGE, total), (first_of(month), first_of(month + 1)))
    }));
    invoices
}

fn ledger_of_b(monthly: i128) -> Vec<Entry> {
    let mut ledger = vec![entry(60001, "prepaid_segment_start", first_of(1), 10_000, None)];
    ledger.extend((1..=12).map(|month| {
        let amount = if month == 1 { -900 } else { monthly };
        let kind = "prepaid_automated_invoice_deduction";
        entry(60001 + month as u32, kind, first_of(month + 1), amount, Some(30002 + month as u32))
    }));
    ledger
}

fn commit_of_b(ledger: Vec<Entry>) -> Balance {
    Balance {
        id: "50002".into(),
        customer: "10002".into(),
        contract: "20002".into(),
        kind: "PREPAID",
        name: "prepaid_commitment",
        product: Some("Prepaid Commit".into()),
        rate_type: None,
        access: access("50002", 10_000, first_of(13)),
        billed: Some(billed("50002", first_of(1), 30002)),
        cost_percent: None,
        ledger,
    }
}

fn invoice(
    (id, label, total): (u32, &'static str, i128),
    customer: &str,
    contract: &str,
    span: (Millis, Millis),
) -> Invoice {
    Invoice {
        id: id.to_string(),
        customer: customer.into(),
        contract: contract.into(),
        label,
        total: dollars(total),
        issued_at: span.1,
        period: Some(span),
        updated_at: told_at(),
    }
}

/// Ids of the line and its invoice; quantity, price in cents and total in dollars; name and product.
fn line(
    (id, invoice): (u32, u32),
    (quantity, price, total): (u64, Option<i128>, i128),
    (name, product): (&str, &str),
    commit: Option<&str>,
    span: (Millis, Millis),
) -> Line {
    Line {
        id: id.to_string(),
        invoice: invoice.to_string(),
        name: name.into(),
        product: product.into(),
        quantity,
        unit_price: price.map(cents),
        total: dollars(total),
        commit: commit.map(str::to_owned),
        period: Some(span),
        updated_at: told_at(),
    }
}

fn access(balance: &str, granted: i128, end: Millis) -> Access {
    Access { id: format!("{balance}-1"), start: first_of(1), end, amount: dollars(granted) }
}

fn billed(balance: &str, at: Millis, invoice: u32) -> Billed {
    let amount: Amount = dollars(10_000);
    Billed { id: format!("{balance}-price"), at, amount, invoice: Some(invoice.to_string()) }
}

fn entry(number: u32, kind: &'static str, at: Millis, amount: i128, invoice: Option<u32>) -> Entry {
    Entry {
        kind,
        at,
        amount: dollars(amount),
        of_segment: true,
        invoice: invoice.map(|id| id.to_string()),
        number: Some(number),
    }
}
