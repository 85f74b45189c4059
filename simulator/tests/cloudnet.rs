//! The account of four stories: that the committed files are what is written, that the edition that is meant holds
//! together, and that the published one does not.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde_json::Value;
use simulator::cloudnet;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use support::csv::{Row, files, parse};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/cloudnet")
}

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cloudnet::write(folder.path()).unwrap();
    folder
}

fn table(root: &Path, folder: &str, name: &str) -> Vec<Row> {
    parse(&fs::read_to_string(root.join(folder).join(name)).unwrap())
}

/// Cents, or dollars, without a fraction: no story has one.
fn whole(text: &str) -> i64 {
    text.parse().unwrap()
}

fn ledger(balance: &Row) -> Vec<(String, String, i64, Option<String>)> {
    let entries: Value = serde_json::from_str(&balance["ledger"]).unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().map(str::to_owned);
    let entry = |entry: &Value| {
        let (kind, at) = (text(entry, "type").unwrap(), text(entry, "timestamp").unwrap());
        (kind, at, entry["amount"].as_i64().unwrap(), text(entry, "invoice_id"))
    };
    entries.as_array().unwrap().iter().map(entry).collect()
}

#[test]
fn the_committed_stories_are_what_is_written() {
    let folder = written();
    let mut found = Vec::new();
    files(folder.path(), &mut found);
    assert_eq!(found.len(), 12);
    for path in found {
        let name = path.strip_prefix(folder.path()).unwrap().to_owned();
        assert!(fs::read(&path).unwrap() == fs::read(committed().join(&name)).unwrap(), "{} differs", name.display());
    }
}

#[test]
fn as_meant_every_id_stands_once_and_every_reference_leads_somewhere() {
    let folder = written();
    let of = |name: &str| table(folder.path(), "as_meant/egress", &format!("{name}.csv"));
    let ids = |rows: &[Row]| {
        let ids: BTreeSet<String> = rows.iter().map(|row| row["id"].clone()).collect();
        assert_eq!(ids.len(), rows.len());
        ids
    };
    let (customers, contracts) = (of("customer"), of("contracts_contracts"));
    let (invoices, lines, balances) = (of("invoice"), of("line_item"), of("contracts_balances"));
    let (customer_ids, invoice_ids) = (ids(&customers), ids(&invoices));
    let balance_ids = ids(&balances);
    ids(&lines);
    let owner: BTreeMap<&String, &String> = contracts.iter().map(|row| (&row["id"], &row["customer_id"])).collect();
    assert_eq!((customers.len(), owner.len(), balances.len()), (4, 4, 4));
    for row in invoices.iter().chain(&balances) {
        assert!(customer_ids.contains(&row["customer_id"]));
        assert_eq!(owner[&row["contract_id"]], &row["customer_id"]);
    }
    for line in &lines {
        assert!(invoice_ids.contains(&line["invoice_id"]));
        assert!(line["commit_id"].is_empty() || balance_ids.contains(&line["commit_id"]));
    }
    for (.., invoice) in balances.iter().flat_map(ledger) {
        assert!(invoice.is_none_or(|id| invoice_ids.contains(&id)));
    }
}

#[test]
fn as_meant_totals_are_their_lines_and_deductions_the_lines_that_apply_them() {
    let folder = written();
    let of = |name: &str| table(folder.path(), "as_meant/egress", &format!("{name}.csv"));
    let (invoices, lines, balances) = (of("invoice"), of("line_item"), of("contracts_balances"));
    let postpaid: BTreeSet<String> =
        balances.iter().filter(|row| row["type"] == "postpaid").map(|row| row["id"].clone()).collect();
    let mut totals: BTreeMap<String, i64> = BTreeMap::new();
    let mut applied: BTreeMap<(String, String), (i64, String)> = BTreeMap::new();
    for line in &lines {
        let total = whole(&line["total"]);
        if line["unit_price"].is_empty() {
            assert!(total < 0 && line["quantity"] == "1");
            let key = (line["commit_id"].clone(), line["invoice_id"].clone());
            let sum = applied.entry(key).or_insert((0, line["ending_before"].clone()));
            sum.0 += total;
        } else {
            assert_eq!(whole(&line["quantity"]) * whole(&line["unit_price"]), total);
        }
        if !(line["unit_price"].is_empty() && postpaid.contains(&line["commit_id"])) {
            *totals.entry(line["invoice_id"].clone()).or_default() += total;
        }
    }
    for invoice in &invoices {
        assert_eq!(totals[&invoice["id"]], whole(&invoice["total"]), "{}", invoice["id"]);
    }
    let periods: BTreeMap<&String, &String> =
        invoices.iter().map(|invoice| (&invoice["id"], &invoice["end_timestamp"])).collect();
    for balance in &balances {
        let entries = ledger(balance);
        let mut left = 0;
        for (kind, at, amount, invoice) in &entries {
            left += amount;
            assert!(left >= 0);
            if !kind.ends_with("_deduction") {
                continue;
            }
            let invoice = invoice.clone().unwrap();
            // At the end of the service: the invoice's, but where credits end in its middle.
            assert!(at == periods[&invoice] || balance["type"] == "credit");
            assert_eq!(applied.remove(&(balance["id"].clone(), invoice)), Some((*amount, at.clone())));
        }
        assert_eq!(left, 0);
        let schedule: Value = serde_json::from_str(&balance["access_schedule"]).unwrap();
        let end = schedule["schedule_items"][0]["end_date"].as_str().unwrap();
        let lapsed = entries.iter().find(|(kind, ..)| kind.ends_with("_expiration"));
        assert!(lapsed.is_none_or(|(_, at, ..)| at == end));
    }
    assert!(applied.is_empty());
}

#[test]
fn as_meant_the_months_that_must_come_out_are_in_the_tables() {
    let folder = written();
    let of = |name: &str| table(folder.path(), "as_meant/egress", &format!("{name}.csv"));
    let (invoices, lines, balances) = (of("invoice"), of("line_item"), of("contracts_balances"));
    let months = table(folder.path(), "monthly", "as_meant.csv");
    assert_eq!(months.len(), 1 + 3 * 12);
    for row in &months {
        let start = format!("{}T00:00:00Z", row["month"]);
        let mut usage = (0, 0);
        let mut billed = 0;
        for invoice in &invoices {
            if invoice["contract_id"] != row["contract_id"] || invoice["start_timestamp"] != start {
                continue;
            }
            billed += whole(&invoice["total"]);
            for line in lines.iter().filter(|line| line["invoice_id"] == invoice["id"]) {
                if !line["unit_price"].is_empty() {
                    usage.0 += whole(&line["total"]);
                    usage.1 += if line["commit_id"].is_empty() { whole(&line["total"]) } else { 0 };
                }
            }
        }
        let next = invoices.iter().find(|one| one["start_timestamp"] == start).unwrap()["end_timestamp"].clone();
        let balance = balances.iter().find(|one| one["id"] == row["commit_id"]).unwrap();
        let (mut left, mut expired, mut trueup) = (0, 0, 0);
        // What is dated the first instant of a month belongs to the one before.
        for (kind, at, amount, _) in ledger(balance) {
            let in_month = start < at && at <= next;
            match kind.as_str() {
                kind if kind.ends_with("_expiration") => expired -= if in_month { amount } else { 0 },
                "postpaid_trueup" => trueup -= if in_month { amount } else { 0 },
                _ if at <= next => left += amount,
                _ => {}
            }
        }
        let found = [usage.0, usage.1, billed, left, expired, trueup].map(|cents| cents / 100);
        let names = ["usage", "overage", "invoice", "remaining_balance", "expired", "trueup"];
        let told = names.map(|name| whole(&row[&format!("{name}_amount")]));
        assert_eq!(found, told, "{} of {}", row["month"], row["contract_id"]);
    }
}

#[test]
fn as_published_the_tables_contradict_themselves() {
    let folder = written();
    let of = |name: &str| table(folder.path(), "as_published/egress", &format!("{name}.csv"));
    let (invoices, lines, balances) = (of("invoice"), of("line_item"), of("contracts_balances"));
    let count = |rows: &[Row], id: &str| rows.iter().filter(|row| row["id"] == id).count();
    assert_eq!((invoices.len(), lines.len(), balances.len()), (42, 14, 5));
    assert_eq!((count(&invoices, "30002"), count(&invoices, "30011"), count(&invoices, "30012")), (4, 5, 3));
    assert_eq!((count(&lines, "40005"), count(&lines, "40006"), count(&lines, "40008")), (2, 3, 2));
    assert_eq!(count(&balances, "50002"), 3);
    let sums: Vec<i64> = balances.iter().map(|row| ledger(row).iter().map(|(_, _, amount, _)| amount).sum()).collect();
    assert_eq!(sums, [0, 910_000, 0, -190_000, 0]);
    let contract = of("contracts_contracts").into_iter().find(|row| row["id"] == "20002").unwrap();
    let of_contract = |row: &&Row| row["contract_id"] == "20002";
    assert!(balances.iter().filter(of_contract).all(|row| row["customer_id"] != contract["customer_id"]));
    let month = table(folder.path(), "monthly", "as_published.csv").into_iter().nth(22).unwrap();
    let invoice = invoices.iter().rfind(|row| row["id"] == "30013").unwrap();
    assert_eq!((month["invoice_amount"].as_str(), invoice["total"].as_str()), ("800", "90000"));
}
