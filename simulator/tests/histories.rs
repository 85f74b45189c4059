//! Random histories: that they are lawful, whatever the seed, and that what they are said to come to is what their own files
//! say where that can be added up in a line.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde_json::Value;
use simulator::histories;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use support::csv::{Row, decimal, files, parse};

const SEEDS: [u64; 4] = [1, 2, 3, 4];

fn written(contracts: u64, seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    histories::write(folder.path(), contracts, seed).unwrap();
    folder
}

/// What is delivered in three times, and the same at once.
fn delivered_late(contracts: u64, seed: u64) -> (tempfile::TempDir, [PathBuf; 3]) {
    let folder = tempfile::tempdir().unwrap();
    histories::write_deliveries(folder.path(), contracts, seed, 3).unwrap();
    let places = [1, 2, 3].map(|number| folder.path().join(number.to_string()));
    (folder, places)
}

/// Every row that was delivered of a table, in files of any order.
fn delivered(folder: &Path, table: &str) -> Vec<Row> {
    let mut found = Vec::new();
    files(&folder.join("egress").join(table), &mut found);
    found.iter().flat_map(|path| parse(&fs::read_to_string(path).unwrap())).collect()
}

/// The newest row of each id.
fn newest(folder: &Path, table: &str) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for row in delivered(folder, table) {
        match rows.get(&row["id"]) {
            Some(known) if known["updated_at"] >= row["updated_at"] => {}
            _ => _ = rows.insert(row["id"].clone(), row),
        }
    }
    rows
}

fn expected(folder: &Path, name: &str) -> Vec<Row> {
    parse(&fs::read_to_string(folder.join("expected").join(name)).unwrap())
}

/// Type, amount in 10^-20 of a unit of the credit type, and invoice of every entry of a ledger.
fn ledger(balance: &Row) -> Vec<(String, i128, Option<String>)> {
    let entries: Vec<Value> = serde_json::from_str(&balance["ledger"]).unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().map(str::to_owned);
    // The text of the number: no float is made of it.
    let amounts: Vec<i128> = balance["ledger"]
        .split("\"amount\":")
        .skip(1)
        .map(|rest| decimal(rest.split([',', '}']).next().unwrap()))
        .collect();
    assert_eq!(amounts.len(), entries.len());
    let all = entries.iter().zip(amounts);
    all.map(|(entry, amount)| (text(entry, "type").unwrap(), amount, text(entry, "invoice_id"))).collect()
}

/// Units of a report in one unit of an export file, as a divisor.
fn cents(row: &Row) -> i128 {
    if row["currency"] == "USD" { 100 } else { 1 }
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_other_ones() {
    let read = |seed: u64| {
        let folder = written(20, seed);
        let mut found = Vec::new();
        files(folder.path(), &mut found);
        let all =
            found.iter().map(|path| (path.strip_prefix(folder.path()).unwrap().to_owned(), fs::read(path).unwrap()));
        all.collect::<Vec<_>>()
    };
    assert!(read(1) == read(1));
    assert!(read(1) != read(2));
}

#[test]
fn every_kind_of_movement_of_revenue_and_of_invoice_happens() {
    let folder = written(300, 1);
    let balances = expected(folder.path(), "balances.csv");
    for column in balances[0].keys().filter(|column| column.ends_with("_amount")) {
        assert!(balances.iter().any(|row| row[column] != "0"), "{column}");
    }
    let kinds = |name: &str, column: &str| -> BTreeSet<String> {
        expected(folder.path(), name).iter().map(|row| row[column].clone()).collect()
    };
    assert_eq!(kinds("revenue.csv", "category").len(), 9);
    assert_eq!(kinds("balances.csv", "currency").len(), 3);
    assert_eq!(kinds("invoices.csv", "invoice_status").len(), 4);
}

#[test]
fn rows_come_more_than_once_in_versions_and_in_any_file() {
    let folder = written(100, 1);
    for table in ["invoice", "line_item", "customer"] {
        let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let rows = delivered(folder.path(), table);
        for row in &rows {
            versions.entry(row["id"].clone()).or_default().insert(row["updated_at"].clone());
        }
        assert!(rows.len() > versions.len(), "{table}: nothing came twice");
        assert!(versions.values().any(|times| times.len() > 1), "{table}: no row has two versions");
    }
    let days: BTreeSet<String> =
        delivered(folder.path(), "contracts_balances").iter().map(|row| row["snapshot_id"].clone()).collect();
    assert_eq!(days.len(), 2);
}

#[test]
fn a_month_opens_as_the_one_before_closed_and_closes_with_what_moved() {
    for seed in SEEDS {
        let folder = written(100, seed);
        let mut closed: BTreeMap<String, i128> = BTreeMap::new();
        for row in expected(folder.path(), "balances.csv") {
            let (opening, closing) = (decimal(&row["opening_amount"]), decimal(&row["closing_amount"]));
            let moved: i128 = row
                .iter()
                .filter(|(column, _)| {
                    column.ends_with("_amount") && !matches!(column.as_str(), "opening_amount" | "closing_amount")
                })
                .map(|(_, text)| decimal(text))
                .sum();
            assert_eq!(opening, closed.insert(row["balance_id"].clone(), closing).unwrap_or(0));
            assert_eq!(opening + moved, closing);
        }
    }
}

#[test]
fn ledgers_close_where_the_model_says_and_never_have_less_than_nothing() {
    for seed in SEEDS {
        let folder = written(100, seed);
        let balances = newest(folder.path(), "contracts_balances");
        let mut last: BTreeMap<String, Row> = BTreeMap::new();
        for row in expected(folder.path(), "balances.csv") {
            last.insert(row["balance_id"].clone(), row);
        }
        for (id, row) in &balances {
            let left: i128 = ledger(row).iter().map(|(_, amount, _)| amount).sum();
            assert!(left >= 0, "{id}");
            match last.get(id) {
                None => assert_eq!(left, 0, "{id}"),
                Some(told) => assert_eq!(decimal(&told["closing_amount"]) * cents(told), left, "{id}"),
            }
        }
    }
}

#[test]
fn invoices_are_their_lines_and_deductions_the_lines_that_apply_them() {
    for seed in SEEDS {
        let folder = written(100, seed);
        let (invoices, lines) = (newest(folder.path(), "invoice"), newest(folder.path(), "line_item"));
        let balances = newest(folder.path(), "contracts_balances");
        let is_postpaid = |line: &Row| balances.get(&line["commit_id"]).is_some_and(|one| one["type"] == "postpaid");
        let mut totals: BTreeMap<String, i128> = BTreeMap::new();
        let mut applied: BTreeMap<(String, String), i128> = BTreeMap::new();
        for line in lines.values() {
            let (total, invoice) = (decimal(&line["total"]), &invoices[&line["invoice_id"]]);
            let is_applied = total < 0;
            assert!(!is_applied || !line["commit_id"].is_empty());
            if is_applied {
                *applied.entry((line["commit_id"].clone(), line["invoice_id"].clone())).or_default() += total;
            }
            if line["credit_type_id"] == invoice["credit_type_id"] && !(is_applied && is_postpaid(line)) {
                *totals.entry(line["invoice_id"].clone()).or_default() += total;
            }
        }
        for (id, invoice) in &invoices {
            assert_eq!(totals.get(id).copied().unwrap_or_default(), decimal(&invoice["total"]), "{id}");
        }
        for (id, balance) in &balances {
            let mut drawn: BTreeMap<String, i128> = BTreeMap::new();
            for (kind, amount, invoice) in ledger(balance) {
                if kind.ends_with("_deduction") && amount < 0 {
                    *drawn.entry(invoice.unwrap()).or_default() += amount;
                }
            }
            for (invoice, amount) in drawn.into_iter().filter(|(invoice, _)| invoices.contains_key(invoice)) {
                // Some contracts leave out the lines that only inform.
                let told = applied.get(&(id.clone(), invoice.clone())).copied();
                assert!(told == Some(amount) || (told.is_none() && balance["type"] == "postpaid"), "{id} {invoice}");
            }
        }
    }
}

#[test]
fn what_is_billed_is_recognised_or_purchases_and_what_credits_paid_is_nothing() {
    for seed in SEEDS {
        let folder = written(100, seed);
        let sum = |rows: &[Row], column: &str, keep: &dyn Fn(&Row) -> bool| -> i128 {
            rows.iter().filter(|row| keep(row)).map(|row| decimal(&row[column])).sum()
        };
        let (revenue, deferred) = (expected(folder.path(), "revenue.csv"), expected(folder.path(), "deferred.csv"));
        let invoices = expected(folder.path(), "invoices.csv");
        for currency in ["USD", "EUR"] {
            let of = |row: &Row| row["currency"] == currency;
            let billed = sum(&invoices, "total_amount", &|row| of(row) && row["invoice_status"] == "FINALIZED");
            let drawn = ["prepaid_drawdown", "expiration"];
            let earned =
                sum(&revenue, "recognized_amount", &|row| of(row) && !drawn.contains(&row["category"].as_str()));
            let purchased = sum(&deferred, "purchased_amount", &of);
            assert_eq!(billed, earned + purchased, "{currency}");
            let from_deferred =
                sum(&revenue, "recognized_amount", &|row| of(row) && drawn.contains(&row["category"].as_str()));
            assert_eq!(from_deferred, sum(&deferred, "earned_amount", &of), "{currency}");
        }
        assert_eq!(sum(&revenue, "recognized_amount", &|row| row["category"] == "credit_drawdown"), 0);
    }
}

#[test]
fn between_deliveries_come_late_invoices_voids_other_amounts_lower_bills_and_entries_of_months_that_are_over() {
    let (_folder, [first, second, _]) = delivered_late(300, 1);
    let [before, after] = [&first, &second].map(|folder| newest(folder, "invoice"));
    let known = "2024-05-10";
    let came = |row: &&Row| !before.contains_key(&row["id"]) && row["issued_at"].as_str() < known;
    assert!(after.values().any(|row| came(&row) && row["status"] == "FINALIZED"), "no invoice came late");
    let voided: Vec<&Row> =
        after.values().filter(|row| row["status"] == "VOID" && was(&before, row, "FINALIZED")).collect();
    let is_made_anew = |void: &&Row| {
        let is_of_same = |row: &&Row| {
            ["contract_id", "start_timestamp"].iter().all(|column| row[*column] == void[*column])
                && !void["start_timestamp"].is_empty()
        };
        after.values().filter(came).filter(is_of_same).any(|row| row["total"] != void["total"])
    };
    assert!(voided.iter().any(is_made_anew), "no void one was made anew with another amount");

    let [before, after] = [&first, &second].map(|folder| newest(folder, "contracts_balances"));
    let billed = |row: &Row| -> i128 {
        row["invoice_schedule"]
            .split("\"amount\":")
            .skip(1)
            .map(|rest| decimal(rest.split([',', '}']).next().unwrap()))
            .sum()
    };
    let both = || before.values().filter_map(|row| Some((row, after.get(&row["id"])?)));
    assert!(both().any(|(old, new)| billed(new) < billed(old)), "no bill is lower");
    for kind in ["_manual", "_deduction", "_credited"] {
        let count = |row: &Row| {
            let entries: Vec<Value> = serde_json::from_str(&row["ledger"]).unwrap();
            let counts = |entry: &&Value| {
                entry["type"].as_str().unwrap().ends_with(kind) && entry["timestamp"].as_str().unwrap() < "2024-05-01"
            };
            entries.iter().filter(counts).count()
        };
        assert!(both().any(|(old, new)| count(new) > count(old)), "no {kind} comes late");
    }
}

fn was(before: &BTreeMap<String, Row>, row: &Row, status: &str) -> bool {
    before.get(&row["id"]).is_some_and(|old| old["status"] == status)
}

#[test]
fn the_last_delivery_says_what_one_alone_would_but_for_what_was_withdrawn() {
    let (late, [.., last]) = delivered_late(100, 2);
    let alone = written(100, 2);
    let invoices = |folder: &Path| {
        let mut rows = newest(folder, "invoice");
        rows.retain(|_, row| row["status"] != "VOID");
        rows
    };
    assert_eq!(invoices(&last), invoices(alone.path()));
    let [found, expected] = [last.as_path(), alone.path()].map(|folder| newest(folder, "contracts_balances"));
    assert_eq!(found, expected);
    for name in ["balances.csv", "revenue.csv", "usage.csv", "accrued.csv", "deferred.csv"] {
        let [found, expected] =
            [late.path(), alone.path()].map(|folder| fs::read(folder.join("expected").join(name)).unwrap());
        assert!(found == expected, "{name}");
    }
}
