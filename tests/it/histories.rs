//! Random histories of commits and credits: delivered in any order and more than once, all gates hold and every figure is the
//! one that the model which lived through them has noted.

use std::collections::{BTreeMap, BTreeSet};

use simulator::histories;

use crate::close::table;
use crate::project::{Project, files};

/// Each makes other histories.
const SEEDS: std::ops::Range<u64> = 1..7;

type Rows = Vec<BTreeMap<String, String>>;
/// Figures by what they are of.
type Figures = BTreeMap<Vec<String>, Vec<i128>>;

/// A project with the histories of all seeds in its landing folder, each in a folder of its own, and what they come to.
fn account(contracts: u64) -> (Project, BTreeMap<String, Rows>) {
    let project = Project::new().whole();
    let mut expected: BTreeMap<String, Rows> = BTreeMap::new();
    for seed in SEEDS {
        let folder = tempfile::tempdir().unwrap();
        histories::write(folder.path(), contracts, seed).unwrap();
        for (name, bytes) in files(&folder.path().join("egress")) {
            project.deliver(&format!("{seed}/{name}"), bytes);
        }
        for (name, bytes) in files(&folder.path().join("expected")) {
            expected.entry(name).or_default().extend(table(&String::from_utf8(bytes).unwrap()));
        }
    }
    (project, expected)
}

/// A decimal in units of its 18th place.
pub fn units(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if digits.is_empty() { 0 } else { sign * format!("{whole}{fraction:0<18}").parse::<i128>().unwrap() }
}

/// The sums of some columns by others, without those where all are zero.
fn sums(rows: &Rows, key: &[&str], columns: &[&str]) -> Figures {
    let mut sums = Figures::new();
    for row in rows {
        let place = key.iter().map(|column| row[*column].clone()).collect();
        let sum = sums.entry(place).or_insert_with(|| vec![0; columns.len()]);
        for (sum, column) in sum.iter_mut().zip(columns) {
            *sum += units(&row[*column]);
        }
    }
    sums.retain(|_, sum| sum.iter().any(|amount| *amount != 0));
    sums
}

#[track_caller]
fn same(what: &str, expected: &Figures, found: &Figures) {
    let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let different: Vec<_> = keys
        .into_iter()
        .filter(|key| expected.get(*key) != found.get(*key))
        .map(|key| format!("{key:?}: expected {:?}, found {:?}", expected.get(key), found.get(key)))
        .collect();
    assert!(!expected.is_empty(), "{what}: nothing to compare");
    assert!(
        different.is_empty(),
        "{what}: {} differ, such as {:#?}",
        different.len(),
        &different[..different.len().min(5)]
    );
}

/// What does not reconcile, but for files that came twice: small ones may be alike, and a test may deliver them again.
fn exceptions(project: &Project) -> Rows {
    let mut rows: Rows = table(&project.artifact("reconciliation_exceptions"));
    rows.retain(|row| row["code"] != "FILE_DELIVERED_TWICE");
    rows
}

#[test]
fn random_histories_come_to_what_their_model_says_and_every_gate_holds() {
    let (project, expected) = account(40);
    project.run(&["--source", "egress"]).exits(0);
    let broken = project.rows("select check_name from etl.checks where offending_rows > 0");
    assert_eq!(broken, ["customer_name_is_known"], "the customer of the settings is in no history");
    let report = |name: &str| table(&project.artifact(name));
    let exceptions = exceptions(&project);
    let codes: BTreeSet<&str> = exceptions.iter().map(|row| row["code"].as_str()).collect();
    // Some contracts tell their lines so, some commits are free, sold elsewhere or lowered by hand: it is said, and is as meant.
    assert_eq!(
        codes,
        BTreeSet::from(["COMMIT_BILLED_ELSEWHERE", "COMMIT_FREE", "LINES_NAME_MORE_THAN_APPLIED", "TAKEN_BY_HAND"]),
        "{exceptions:#?}"
    );

    let amounts: Vec<&str> =
        "opening grant drawdown draft_drawdown void_drawdown expiry rollover manual credit_back true_up closing"
            .split(' ')
            .collect();
    let amounts: Vec<String> = amounts.iter().map(|name| format!("{name}_amount")).collect();
    let amounts: Vec<&str> = amounts.iter().map(String::as_str).collect();
    let compare = |name: &str, rows: &Rows, key: &[&str], columns: &[&str]| {
        same(name, &sums(&expected[name], key, columns), &sums(rows, key, columns));
    };
    compare("balances.csv", &report("balance_rollforward"), &["balance_id", "month", "currency"], &amounts);
    compare(
        "revenue.csv",
        &report("revenue_schedule"),
        &["contract_id", "month", "category", "currency"],
        &["list_amount", "recognized_amount"],
    );
    compare("accrued.csv", &report("accrued_revenue"), &["customer_id", "month", "currency"], &["accrued_amount"]);
    compare("invoices.csv", &report("invoice_status"), &["invoice_status", "currency"], &["total_amount"]);

    // Each commit of a contract shows the contract's usage in the months of its own term.
    let (key, columns) = (["contract_id", "month", "currency"], ["usage_amount", "overage_amount", "invoice_amount"]);
    let used = sums(&expected["usage.csv"], &key, &columns);
    let mut shown = 0;
    for row in report("commit_schedule").iter().filter(|row| !row["contract_id"].is_empty()) {
        let figures = columns.map(|column| units(&row[column])).to_vec();
        if figures != [0; 3] {
            let place: Vec<String> = key.iter().map(|column| row[*column].clone()).collect();
            assert_eq!(used.get(&place), Some(&figures), "{row:?}");
            shown += 1;
        }
    }
    assert!(shown > 500, "{shown}");

    // No month ends with deferred revenue below zero, whatever is billed late.
    let mut account: Rows = report("journal_entries");
    account.retain(|row| row["account_name"] == "Deferred revenue");
    let moved = sums(&account, &["customer_id", "currency", "month"], &["credit_amount", "debit_amount"]);
    let mut left: BTreeMap<Vec<String>, i128> = BTreeMap::new();
    for (place, sum) in moved {
        let left = left.entry(place[..2].to_vec()).or_default();
        *left += sum[0] - sum[1];
        assert!(*left >= 0, "{place:?}");
    }

    // Deferred revenue is what its account has at the end of the newest month, without what is accrued, less what is unbilled.
    let mut posted: Rows = report("journal_entries");
    posted.retain(|row| {
        row["account_name"] == "Deferred revenue"
            && row["month"].as_str() <= "2024-07-01"
            && !["accrual", "accrual reversed", "earned before billing"].contains(&row["event"].as_str())
    });
    let mut deferred = sums(&posted, &["customer_id", "currency"], &["credit_amount", "debit_amount"]);
    for sum in deferred.values_mut() {
        *sum = vec![sum[0] - sum[1]];
    }
    deferred.retain(|_, sum| sum != &[0]);
    same(
        "deferred.csv",
        &sums(&expected["deferred.csv"], &["customer_id", "currency"], &["deferred_amount"]),
        &deferred,
    );
}

#[test]
fn deliveries_in_any_order_and_more_than_once_make_the_same_reports() {
    let (once, _) = account(5);
    once.run(&["--source", "egress"]).exits(0);

    let often = Project::new().whole();
    let mut delivered = files(&once.path("landing/egress"));
    // The newest transfers come first, in three runs, and every file comes again as another part of its transfer.
    delivered.reverse();
    let third = delivered.len().div_ceil(3);
    for part in delivered.chunks(third) {
        for (name, bytes) in part {
            let (folder, file) = name.rsplit_once('/').unwrap();
            often.deliver(name, bytes);
            often.deliver(&format!("{folder}/1{file}"), bytes);
        }
        often.normalize();
    }
    often.run(&["--source", "egress"]).exits(0);

    // Of the exceptions one says which files came again.
    assert_eq!(exceptions(&once), exceptions(&often));
    let reports = |project: &Project| -> Vec<_> {
        let kept = |name: &String| name.ends_with(".csv") && name != "reconciliation_exceptions.csv";
        project.files("artifacts").into_iter().filter(|(name, _)| kept(name)).collect()
    };
    let (expected, found) = (reports(&once), reports(&often));
    assert!(expected.len() > 12 && expected.len() == found.len(), "{} and {}", expected.len(), found.len());
    for ((name, expected), (_, found)) in expected.iter().zip(&found) {
        assert!(expected == found, "{name} differs");
    }
}
