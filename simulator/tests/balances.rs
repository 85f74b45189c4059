//! Commits and credits in the export and in the API: the same ones, with the same ledgers, of every kind there is.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde_json::Value;
use simulator::account::Account;
use simulator::event::Event;
use simulator::invoice::Status;
use simulator::{Options, export, serve};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use support::csv::{Row, files, parse};
use support::post;

/// The rows of a table that comes in transfers, all of them.
fn transferred(root: &Path, name: &str) -> Vec<Row> {
    let mut found = Vec::new();
    files(&root.join("egress").join(name), &mut found);
    found.iter().flat_map(|path| parse(&fs::read_to_string(path).unwrap())).collect()
}

fn exported(account: &Account, name: &str) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    export::export(account, folder.path()).unwrap();
    transferred(folder.path(), name)
}

fn json(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { serde_json::from_str(text).unwrap() }
}

/// What the API calls an entry of the export.
fn api_name(kind: &str) -> String {
    let (of, rest) = kind.split_once('_').unwrap();
    let rest = rest.trim_start_matches("commit_").to_uppercase();
    match (of, rest.as_str()) {
        ("prepaid", "SEGMENT_EXPIRATION") => "PREPAID_COMMIT_EXPIRATION".into(),
        ("credit", "SEGMENT_EXPIRATION") => "CREDIT_EXPIRATION".into(),
        ("credit", rest) => format!("CREDIT_{rest}"),
        (of, rest) => format!("{}_COMMIT_{rest}", of.to_uppercase()),
    }
}

type Entries = Vec<(String, String, String, Option<String>)>;

/// Type, second, amount and invoice of each entry.
fn entries(ledger: &Value, name: impl Fn(&str) -> String) -> Entries {
    let text = |entry: &Value, name: &str| entry[name].as_str().map(str::to_owned);
    let entry = |entry: &Value| {
        let at = text(entry, "timestamp").unwrap().replace(".000Z", "Z");
        (name(entry["type"].as_str().unwrap()), at, entry["amount"].to_string(), text(entry, "invoice_id"))
    };
    ledger.as_array().unwrap().iter().map(entry).collect()
}

#[test]
fn the_export_and_the_api_tell_of_the_same_balances() {
    for account in [Account::sample(5), Account::live(5, 60, 3)] {
        let rows = exported(&account, "contracts_balances");
        let by_id: BTreeMap<&str, &Row> = rows.iter().map(|row| (row["id"].as_str(), row)).collect();
        assert_eq!(by_id.len(), rows.len());
        let server = serve(Options::new(account, "test")).unwrap();
        let mut seen = BTreeSet::new();
        for customer in &server.account().customers {
            let body = format!(
                "{{\"customer_id\":\"{}\",\"include_contract_balances\":true,\"include_archived\":true,\
                 \"include_ledgers\":true,\"include_balance\":true}}",
                customer.id
            );
            let page = post(server.base_url(), "/v1/contracts/customerBalances/list", &body).json();
            assert!(page["next_page"].is_null());
            for told in page["data"].as_array().unwrap() {
                let row = by_id[told["id"].as_str().unwrap()];
                seen.insert(row["id"].clone());
                assert_eq!(row["customer_id"], customer.id);
                assert_eq!(row["contract_id"], told["contract"]["id"].as_str().unwrap_or_default());
                assert_eq!(row["type"].to_uppercase(), told["type"].as_str().unwrap());
                assert_eq!(row["name"], told["name"].as_str().unwrap());
                assert_eq!(row["product_id"], told["product"]["id"].as_str().unwrap());
                assert_eq!(json(&row["balance"]), told["balance"]);
                assert_eq!(json(&row["cost_basis"]), *told.get("cost_basis").unwrap_or(&Value::Null));
                assert_eq!(entries(&json(&row["ledger"]), api_name), entries(&told["ledger"], str::to_owned));
                let access = json(&row["access_schedule"]);
                assert_eq!(access["credit_type_id"], told["access_schedule"]["credit_type"]["id"]);
                for (export, api) in [("access_schedule", "starting_at"), ("invoice_schedule", "timestamp")] {
                    let items = |schedule: &Value, at: &str| -> Vec<(String, String, Value, Value)> {
                        let of = |item: &Value| {
                            let second = item[at].as_str().unwrap().replace(".000Z", "Z");
                            (item["id"].to_string(), second, item["amount"].clone(), item["invoice_id"].clone())
                        };
                        schedule["schedule_items"].as_array().into_iter().flatten().map(of).collect()
                    };
                    assert_eq!(items(&json(&row[export]), "date"), items(&told[export], api));
                }
            }
        }
        assert_eq!(seen.len(), by_id.len());
    }
}

#[test]
fn sixty_customers_hold_every_kind_of_balance_and_entry() {
    let account = Account::live(5, 60, 3);
    let rows = exported(&account, "contracts_balances");
    let (mut kinds, mut units, mut costs) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in &rows {
        units.insert(json(&row["access_schedule"])["credit_type_name"].to_string());
        costs.insert(row["cost_basis"].clone());
        kinds.extend(entries(&json(&row["ledger"]), str::to_owned).into_iter().map(|(kind, ..)| kind));
    }
    let all = [
        "credit_automated_invoice_deduction",
        "credit_manual",
        "credit_segment_expiration",
        "credit_segment_start",
        "postpaid_automated_invoice_deduction",
        "postpaid_initial_balance",
        "postpaid_trueup",
        "prepaid_automated_invoice_deduction",
        "prepaid_commit_credited",
        "prepaid_manual",
        "prepaid_rollover",
        "prepaid_segment_expiration",
        "prepaid_segment_start",
    ];
    assert_eq!(kinds, all.map(str::to_owned).into());
    assert_eq!(units, ["\"Compute units\"", "\"EUR\"", "\"USD (cents)\"", "null"].map(str::to_owned).into());
    assert_eq!(costs, ["", "0", "0.8", "1"].map(str::to_owned).into());
    for column in ["recurring_commit_id", "rolled_over_from_commit_id", "rollover_fraction"] {
        assert!(rows.iter().any(|row| !row[column].is_empty()), "{column}");
    }
    let commits: BTreeSet<String> =
        exported(&account, "contracts_commits").into_iter().map(|row| row["id"].clone()).collect();
    let of_contracts = |row: &&Row| row["type"] != "credit" && !row["contract_id"].is_empty();
    assert_eq!(commits, rows.iter().filter(of_contracts).map(|row| row["id"].clone()).collect());
}

#[test]
fn deductions_of_issued_invoices_are_their_lines_and_those_of_drafts_the_lines_of_the_last_frame() {
    let account = Account::live(5, 120, 3);
    let folder = tempfile::tempdir().unwrap();
    export::export(&account, folder.path()).unwrap();
    let of = |name: &str| transferred(folder.path(), name);
    let key = |row: &Row| (row["commit_id"].clone(), row["invoice_id"].clone());
    let decimal = support::csv::decimal;
    let mut applied: BTreeMap<(String, String), i128> = BTreeMap::new();
    let frames = of("draft_line_item");
    let last = frames.iter().map(|row| row["snapshot_time"].clone()).max().unwrap();
    let frame = frames.iter().filter(|row| row["snapshot_time"] == last);
    let consolidated: BTreeSet<String> = of("invoice")
        .iter()
        .chain(&of("draft_invoice"))
        .filter(|row| row.get("invoice_label").or(row.get("label")).unwrap() == "CONTRACT_USAGE_CONSOLIDATED")
        .map(|row| row["id"].clone())
        .collect();
    for line in of("line_item").iter().chain(frame) {
        let is_applied = line["total"].starts_with('-') && !line["commit_id"].is_empty();
        if is_applied && !consolidated.contains(&line["invoice_id"]) {
            *applied.entry(key(line)).or_default() += decimal(&line["total"]);
        }
    }
    for row in of("contracts_balances") {
        let entries: Vec<(String, Option<String>, String)> = serde_json::from_str::<Vec<Entry>>(&row["ledger"])
            .unwrap()
            .into_iter()
            .map(|one| (one.r#type.to_owned(), one.invoice_id.map(str::to_owned), one.amount.get().to_owned()))
            .collect();
        let mut drawn: BTreeMap<String, i128> = BTreeMap::new();
        for (kind, invoice, amount) in entries {
            if kind.ends_with("_deduction") && amount.starts_with('-') {
                *drawn.entry(invoice.unwrap()).or_default() += decimal(&amount);
            }
        }
        for (invoice, amount) in drawn {
            assert_eq!(applied.remove(&(row["id"].clone(), invoice)), Some(amount), "{}", row["id"]);
        }
    }
    assert!(applied.is_empty(), "{applied:?}");
}

#[derive(serde::Deserialize)]
struct Entry<'a> {
    r#type: &'a str,
    invoice_id: Option<&'a str>,
    #[serde(borrow)]
    amount: &'a serde_json::value::RawValue,
}

#[test]
fn what_a_void_invoice_drew_is_given_back_in_every_account() {
    for made in [|seed| Account::sized(seed, 5_000, 100), |seed| Account::live(seed, 120, 3)] {
        let mut drew = 0;
        for account in (5..8).map(made) {
            for books in (0..account.customers.len()).map(|place| account.books(place, account.now())) {
                for void in books.invoices.iter().filter(|invoice| invoice.status == Status::Void) {
                    let entries = books.balances.iter().flat_map(|balance| &balance.ledger);
                    let of = entries.filter(|entry| entry.invoice.as_ref() == Some(&void.id));
                    let amounts: Vec<i128> = of.map(|entry| entry.amount.0).collect();
                    drew += usize::from(!amounts.is_empty());
                    assert_eq!(amounts.iter().sum::<i128>(), 0, "{}", void.id);
                }
            }
        }
        assert!(drew > 0, "no void invoice drew on anything");
    }
}

#[test]
fn usage_that_came_late_is_in_the_events_and_on_no_invoice() {
    let account = Account::live(5, 60, 3);
    let late: Vec<(Event, i64)> =
        account.all_events().filter_map(|event| account.late(&event).map(|at| (event, at))).collect();
    assert!(late.len() > 10);
    let sent: BTreeMap<String, Row> =
        exported(&account, "events").into_iter().map(|row| (row["transaction_id"].clone(), row)).collect();
    assert_eq!(sent.len() as u64, account.events);
    let mut missing = 0;
    for (event, at) in &late {
        let row = &sent[&format!("{:032x}", event.transaction)];
        assert!(row["updated_at"] > row["timestamp"] && account.window.end > *at);
        let place = event.customer.unwrap();
        let used = account.measured(place);
        for (metric, _) in event.body.measures().into_iter().flatten() {
            let (before, after) = (used.sums(event.at, event.at + 1, *at), used.sums(event.at, event.at + 1, at + 1));
            missing += usize::from(before[metric] != after[metric]);
        }
    }
    assert!(missing > 10);
}
