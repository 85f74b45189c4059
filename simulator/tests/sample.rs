//! The sample account has something for every report, and a late delivery that the API tells of, too.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use simulator::account::Account;
use simulator::calendar::DAY;
use simulator::sample::LATE;
use simulator::{Options, export, serve};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use support::csv::{Row, decimal, files, parse};
use support::{get, post};

/// The rows of the transfers of a table, the newest of each id.
fn newest(root: &Path, table: &str) -> BTreeMap<String, Row> {
    let mut found = Vec::new();
    files(&root.join("egress").join(table), &mut found);
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for row in found.iter().flat_map(|path| parse(&fs::read_to_string(path).unwrap())) {
        let kept = rows.entry(row["id"].clone()).or_insert_with(|| row.clone());
        if kept["updated_at"] <= row["updated_at"] {
            *kept = row;
        }
    }
    rows
}

fn bytes(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = Vec::new();
    files(root, &mut found);
    let read = |path: PathBuf| (path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
    found.into_iter().map(read).collect()
}

#[test]
fn the_sample_has_purchases_in_two_currencies_an_expiry_a_true_up_and_drafts_of_closed_months() {
    let folder = tempfile::tempdir().unwrap();
    export::export(&Account::sample(5), folder.path()).unwrap();
    let of = |table: &str| newest(folder.path(), table);
    let (invoices, lines, balances) = (of("invoice"), of("line_item"), of("contracts_balances"));
    let mut sold: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for line in lines.values().filter(|line| !line["total"].starts_with('-')) {
        let invoice = &invoices[&line["invoice_id"]];
        let Some(balance) = balances.get(&line["commit_id"]) else { continue };
        assert_eq!(invoice["customer_id"], balance["customer_id"]);
        sold.insert((&invoice["invoice_label"], &balance["type"], &invoice["credit_type_name"]));
    }
    for one in [
        ("CONTRACT_SCHEDULED", "prepaid", "EUR"),
        ("CONTRACT_SCHEDULED", "prepaid", "USD (cents)"),
        ("CONTRACT_TRUEUP", "postpaid", "USD (cents)"),
    ] {
        assert!(sold.contains(&one), "{one:?} is not in {sold:?}");
    }
    let entries: BTreeSet<String> = balances
        .values()
        .flat_map(|row| serde_json::from_str::<Vec<Value>>(&row["ledger"]).unwrap())
        .map(|entry| entry["type"].as_str().unwrap().to_owned())
        .collect();
    assert!(entries.contains("prepaid_segment_expiration") && entries.contains("postpaid_trueup"), "{entries:?}");
    // What was accrued of a month that is billed by now.
    let drafts = of("draft_invoice");
    assert!(invoices.keys().filter(|id| drafts.contains_key(*id)).count() > 1);
}

#[test]
fn some_usage_of_the_sample_came_when_its_month_was_billed_and_within_34_days() {
    let account = Account::sample(5);
    let late: Vec<_> = account.all_events().filter_map(|event| account.late(&event).map(|at| (event, at))).collect();
    assert!(!late.is_empty());
    for (event, at) in late {
        let place = event.customer.unwrap();
        let books = account.books(place, account.now());
        let of = |one: &&simulator::invoice::Invoice| one.period.start <= event.at && event.at < one.period.end;
        let billed = books.invoices.iter().find(of).unwrap();
        assert!(billed.issued_at < at && at < event.at + 34 * DAY);
        let used = account.measured(place).sums(billed.period.start, billed.period.end, LATE);
        for (metric, _) in event.body.measures().into_iter().flatten() {
            let line = billed.lines.iter().find(|line| line.metric == Some(metric)).unwrap();
            assert!(line.quantity < used[metric]);
        }
    }
}

#[test]
fn the_late_delivery_is_made_of_new_files_and_the_same_ones_each_time() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    export::export(&Account::sample(5), one.path()).unwrap();
    let (mut before, egress) = (bytes(one.path()), one.path().join("egress"));
    assert_eq!(export::moment_of_sample(&egress), Account::sample(5).now());
    export::export_late(5, one.path()).unwrap();
    assert_eq!(export::moment_of_sample(&egress), LATE);
    export::export_late(5, other.path()).unwrap();
    let (mut after, mut alone) = (bytes(one.path()), bytes(other.path()));
    // The mark of the sample is one for all files.
    let mark = Path::new("egress/_sample");
    let marks = [&before, &after, &alone].map(|files| String::from_utf8(files[mark].clone()).unwrap());
    assert!(marks[0].lines().chain(marks[2].lines()).all(|line| marks[1].contains(line)));
    for files in [&mut before, &mut after, &mut alone] {
        files.remove(mark);
    }
    assert_eq!(after.len(), before.len() + alone.len());
    assert!(before.iter().chain(&alone).all(|(name, bytes)| after[name] == *bytes));
    assert!(alone.keys().all(|name| name.to_str().unwrap().contains("dt=2024-04-23")), "{:?}", alone.keys());
}

#[test]
fn the_late_delivery_brings_a_void_what_takes_its_place_and_an_invoice_of_february_and_the_api_tells_the_same() {
    let (folder, alone) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    export::export(&Account::sample(5), folder.path()).unwrap();
    let before = newest(folder.path(), "invoice");
    export::export_late(5, folder.path()).unwrap();
    export::export_late(5, alone.path()).unwrap();
    let came = newest(alone.path(), "invoice");
    let told: BTreeSet<(&str, bool, &str)> = came
        .values()
        .map(|row| (row["status"].as_str(), before.contains_key(&row["id"]), &row["start_timestamp"][..10]))
        .collect();
    assert_eq!(told, [("FINALIZED", false, "2024-02-01"), ("VOID", true, "2024-02-01")].into());
    assert_eq!(came.len(), 3);

    let (invoices, lines) = (newest(folder.path(), "invoice"), newest(folder.path(), "line_item"));
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for line in lines.values().filter(|line| came.contains_key(&line["invoice_id"])) {
        *sums.entry(&line["invoice_id"]).or_default() += decimal(&line["total"]);
    }
    assert!(came.values().all(|row| sums[row["id"].as_str()] == decimal(&row["total"])));

    let account = Account::sample(5);
    let (clock, customers) = (Some(LATE), account.customers.clone());
    let server = serve(Options { clock, ..Options::new(account, "test") }).unwrap();
    let base = server.base_url();
    let balances: BTreeMap<String, Row> = newest(folder.path(), "contracts_balances");
    let (mut seen, mut held) = (0, 0);
    for customer in &customers {
        let text = get(base, &format!("/v1/customers/{}/invoices?limit=100", customer.id)).text();
        for one in serde_json::from_str::<Page<Invoice>>(&text).unwrap().data {
            // Those of plans are in flat files.
            let Some(row) = invoices.get(one.id) else { continue };
            assert_eq!((&*row["status"], &*row["total"]), (one.status, one.total.get()));
            seen += 1;
        }
        let body = format!(
            "{{\"customer_id\":\"{}\",\"include_contract_balances\":true,\"include_ledgers\":true,\
             \"include_balance\":true}}",
            customer.id
        );
        let text = post(base, "/v1/contracts/customerBalances/list", &body).text();
        for one in serde_json::from_str::<Page<Balance>>(&text).unwrap().data {
            let row = &balances[one.id];
            assert_eq!(row["balance"], one.balance.get());
            let exported: Vec<Entry> = serde_json::from_str(&row["ledger"]).unwrap();
            let amounts = |entries: &[Entry]| entries.iter().map(|entry| entry.amount.to_string()).collect::<Vec<_>>();
            assert_eq!(amounts(&exported), amounts(&one.ledger));
            held += 1;
        }
    }
    assert_eq!((seen, held), (invoices.len(), balances.len()));
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Invoice<'a> {
    id: &'a str,
    status: &'a str,
    #[serde(borrow)]
    total: &'a RawValue,
}

#[derive(Deserialize)]
struct Balance<'a> {
    id: &'a str,
    #[serde(borrow)]
    balance: &'a RawValue,
    ledger: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    amount: &'a RawValue,
}
