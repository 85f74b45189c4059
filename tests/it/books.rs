//! What finance's own books say, held to the reports.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::close::{cloudnet, table};
use crate::project::Project;

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cloudnet/monthly/as_published.csv");

/// The contract of the story B2.
const B2: &str = "c10dae70-00b2-4000-8000-000000020001";

fn of(project: &Project, account: &str) -> (String, String, String, String) {
    let rows = table(&project.artifact("books_comparison"));
    let row = rows.iter().find(|row| row["account"] == account).unwrap_or_else(|| panic!("{account}: {rows:?}"));
    let text = |name: &str| row[name].clone();
    (text("books_amount"), text("computed_amount"), text("difference_amount"), text("status"))
}

fn are(texts: [&str; 4]) -> (String, String, String, String) {
    let [books, computed, difference, status] = texts.map(str::to_owned);
    (books, computed, difference, status)
}

/// The printed table of story B2, which is the second half of the file, as a file of books.
fn printed() -> String {
    let mut books = "month,account,currency,amount\n".to_owned();
    for row in table(&fs::read_to_string(Path::new(PUBLISHED)).unwrap()).split_off(12) {
        for (figure, amount) in row.iter().filter(|(name, _)| name.ends_with("_amount")) {
            writeln!(books, "{},commit_schedule.{figure} @ {B2},{},{amount}", row["month"], row["currency"]).unwrap();
        }
    }
    books
}

#[test]
fn the_printed_monthly_table_differs_from_the_files_in_the_invoice_that_it_has_wrong_and_in_the_purchase_that_it_leaves_out()
 {
    let project = cloudnet("as_meant").whole();
    project.write("landing/books/printed.csv", printed());
    // Its column of invoices leaves out the purchase of the commit.
    let purchase = format!("month,account,currency,amount\n2024-01,invoices.total_amount @ {B2},USD,0\n");
    project.write("landing/books/purchase.csv", purchase);
    project.run(&["--source", "egress"]).exits(0);
    let compared = table(&project.artifact("books_comparison"));
    assert_eq!(compared.len(), 12 * 6 + 1);
    let differs: Vec<_> = compared.iter().filter(|row| row["status"] != "agrees").collect();
    let told = |row: &std::collections::BTreeMap<String, String>| {
        ["month", "account", "books_amount", "computed_amount", "difference_amount"].map(|name| row[name].clone())
    };
    let (purchase, usage) = (format!("invoices.total_amount @ {B2}"), format!("commit_schedule.invoice_amount @ {B2}"));
    assert_eq!(
        differs.iter().map(|row| told(row)).collect::<Vec<_>>(),
        [
            ["2024-01-01", &purchase, "0", "10000", "-10000"].map(str::to_owned),
            ["2024-11-01", &usage, "800", "900", "-100"].map(str::to_owned),
        ]
    );
    let exceptions = table(&project.artifact("reconciliation_exceptions"));
    let told: Vec<_> = exceptions.iter().filter(|row| row["code"] == "BOOKS_DIFFER").collect();
    assert_eq!(told.len(), 2, "{exceptions:?}");
    assert!(told.iter().all(|row| row["severity"] == "warn"));
}

#[test]
fn an_account_is_compared_by_its_balance_or_by_what_a_month_posted_and_a_corrected_file_counts() {
    let project = cloudnet("as_meant").whole();
    let books = |deferred: &str| {
        format!(
            "month,account,currency,amount\n2024-03-31,Deferred revenue,USD,{deferred}\n2024-02,Usage revenue,USD,2500\n\
             2024-02,Usage revenue @ {B2},USD,1000\n2024-02,revenue_schedule.recognized_amount,USD,2500.00\n\
             2025-12,Deferred revenue,USD,1\n2024-02,revenue_schedule.recognized_amount @ nobody,USD,5\n"
        )
    };
    project.write("landing/books/2024.csv", books("14000"));
    project.run(&["--source", "egress"]).exits(0);
    assert_eq!(of(&project, "Deferred revenue"), are(["14000", "14800", "-800", "differs"]));
    project.write("landing/books/2024.csv", books("14800"));
    project.run(&["--source", "egress"]).exits(0);
    assert_eq!(of(&project, "Deferred revenue"), are(["14800", "14800", "0", "agrees"]));
    assert_eq!(of(&project, "Usage revenue"), are(["2500", "2500", "0", "agrees"]));
    assert_eq!(of(&project, &format!("Usage revenue @ {B2}")), are(["1000", "1000", "0", "agrees"]));
    assert_eq!(of(&project, "revenue_schedule.recognized_amount"), are(["2500", "2500", "0", "agrees"]));
    assert_eq!(of(&project, "revenue_schedule.recognized_amount @ nobody"), are(["5", "", "", "absent"]));
}

#[test]
fn a_line_that_names_no_account_and_two_files_that_contradict_each_other_block() {
    let project = cloudnet("as_meant").whole();
    let line = |account: &str, amount: &str| format!("month,account,currency,amount\n2024-03,{account},USD,{amount}\n");
    project.write("landing/books/a.csv", line("Deferred revnue", "14800"));
    project.run(&["--source", "egress"]).exits(3).says(&["BOOKS_FIGURE_UNKNOWN", "Deferred revnue"]);
    // What is written down without an amount is withdrawn.
    project.write("landing/books/a.csv", line("Deferred revnue", ""));
    project.run(&["--source", "egress"]).exits(0);
    project.write("landing/books/a.csv", line("Deferred revenue", "14800"));
    project.write("landing/books/b.csv", line("Deferred revenue", "14801"));
    project.run(&["--source", "egress"]).exits(3).says(&["ROW_WITH_TWO_CONTENTS", "books"]);
    project.write("landing/books/c.txt.bak", "");
    project.write("landing/books/b.csv", "month,amount\n2024-03,1\n");
    project.run(&["--source", "egress"]).exits(3).says(&["books/b.csv", "account"]);
}
