//! The journal as a ledger takes it: amounts in cents that drift nowhere, and files that programs import.

use std::collections::{BTreeMap, BTreeSet};

use crate::close::table;
use crate::reconciliation::sample;

/// A decimal in units of its 18th place.
fn units(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<18}").parse::<i128>().unwrap()
}

const CENT: i128 = 10_i128.pow(16);

/// What a line debits less what it credits, of which one is empty.
fn signed(debit: &str, credit: &str) -> i128 {
    match (debit, credit) {
        (debit, "") => units(debit),
        ("", credit) => -units(credit),
        both => panic!("{both:?}"),
    }
}

#[test]
fn what_is_posted_is_in_cents_balances_and_is_never_half_a_cent_from_what_is_exact() {
    let project = sample();
    project.run(&["--source", "egress", "--report", "postable_journal,journal_entries"]).exits(0);
    let exact = table(&project.artifact("journal_entries"));
    assert!(exact.iter().any(|row| row["debit_amount"].len() > 12), "no amount of the journal has to be rounded");
    let lines = table(&project.artifact("postable_journal"));
    let (mut entries, mut drift, mut roundings) = (BTreeMap::new(), BTreeMap::new(), 0);
    for line in &lines {
        let posted = signed(&line["debit_amount"], &line["credit_amount"]);
        assert_eq!(posted % CENT, 0, "{line:?}");
        *entries.entry((&line["entry_id"], &line["currency"])).or_insert(0) += posted;
        if line["account_name"] == "Rounding differences" {
            assert!(line["exact_amount"] == "0" && posted != 0, "{line:?}");
            roundings += 1;
            continue;
        }
        let key = ["customer_id", "contract_id", "product_id", "account_name", "currency"].map(|name| &line[name]);
        let drift: &mut i128 = drift.entry(key).or_default();
        *drift += posted - units(&line["exact_amount"]);
        assert!(drift.abs() * 2 <= CENT, "{drift} at {line:?}");
        assert!(line["memo"].contains(&line["customer_name"]), "{line:?}");
    }
    // What takes an accrual back names it.
    let entry_ids: BTreeSet<_> =
        lines.iter().filter(|line| line["event"] == "accrual").map(|line| &line["entry_id"]).collect();
    let taken_back: BTreeSet<_> =
        lines.iter().map(|line| &line["reverses_entry_id"]).filter(|id| !id.is_empty()).collect();
    assert!(!entry_ids.is_empty() && entry_ids == taken_back, "{entry_ids:?} {taken_back:?}");
    assert!(roundings > 0 && lines.len() - roundings == exact.iter().filter(|row| row["currency"].len() == 3).count());
    assert_eq!(entries.values().find(|sum| **sum != 0), None);
}

#[test]
fn a_month_is_written_as_the_programs_import_it() {
    let project = sample();
    let settings = project.read("pipeline.toml");
    project.write("pipeline.toml", format!("{settings}\n[journal]\nformat = \"quickbooks\"\n"));
    project.run(&["--source", "egress", "--report", "postable_journal"]).exits(0);
    let posted: Vec<_> = table(&project.artifact("postable_journal"))
        .into_iter()
        .filter(|row| row["month"] == "2024-03-01" && signed(&row["debit_amount"], &row["credit_amount"]) != 0)
        .collect();
    assert!(!posted.is_empty());
    let amounts = |rows: &[BTreeMap<String, String>], debit: &str, credit: &str| {
        let mut amounts: Vec<_> = rows.iter().map(|row| signed(&row[debit], &row[credit])).collect();
        amounts.sort_unstable();
        amounts
    };
    let expected = amounts(&posted, "debit_amount", "credit_amount");
    // Which file, then names of its columns: entry, day, currency, debit, credit.
    for (format, [entry, day, currency, debit, credit], date) in [
        (Some("plain"), ["entry_id", "posting_date", "currency", "debit_amount", "credit_amount"], "2024-03-31"),
        (Some("netsuite"), ["External ID", "Date", "Currency", "Debit", "Credit"], "03/31/2024"),
        (None, ["Journal No.", "Journal Date", "Currency", "Debits", "Credits"], "03/31/2024"),
    ] {
        let mut words = vec!["journal", "2024-03", "-o", "import.csv"];
        words.extend(format.iter().flat_map(|format| ["--journal-format", format]));
        assert_eq!(project.etl(&words).exits(0).stdout, "");
        let text = project.read("import.csv");
        let rows = table(&text);
        assert_eq!(amounts(&rows, debit, credit), expected, "{format:?}");
        let mut entries: BTreeMap<&str, (i128, BTreeSet<&str>)> = BTreeMap::new();
        let mut last = "";
        for row in &rows {
            assert_eq!(row[day], date);
            assert!(row[debit].len() + row[credit].len() <= 13, "{row:?}");
            assert!(format.is_some() || row[entry].len() <= 21, "{row:?}");
            assert!(last == row[entry] || !entries.contains_key(row[entry].as_str()), "lines of {last} are apart");
            last = &row[entry];
            let sums = entries.entry(last).or_default();
            sums.0 += signed(&row[debit], &row[credit]);
            sums.1.insert(&row[currency]);
        }
        assert!(entries.values().all(|(sum, currencies)| *sum == 0 && currencies.len() == 1), "{format:?}");
        let before = text;
        project.etl(&words).exits(0);
        assert_eq!(project.read("import.csv"), before, "other bytes the second time");
    }
}

#[test]
fn a_month_without_entries_and_a_format_of_nobody_are_refused() {
    let project = sample();
    project.etl(&["journal", "2024-03"]).exits(2).says(&["no lake here"]);
    project.run(&["--source", "egress", "--report", "postable_journal"]).exits(0);
    project.etl(&["journal", "2023-03"]).exits(2).says(&["nothing is posted in 2023-03"]);
    project.etl(&["journal", "March"]).exits(2).says(&["`March` is no month", "2024-03"]);
    project
        .etl(&["journal", "2024-03", "--journal-format", "quickbook"])
        .exits(2)
        .says(&["did you mean `quickbooks`?"]);
    // What the program would refuse is said here, with the line.
    let settings = project.read("pipeline.toml");
    project.write("pipeline.toml", format!("{settings}\n[accounts]\nrevenue = \" 4000 Usage\"\n"));
    project.run(&["--source", "egress", "--report", "postable_journal"]).exits(0);
    project
        .etl(&["journal", "2024-03", "--journal-format", "netsuite"])
        .exits(3)
        .says(&["NetSuite takes names of accounts without blanks around them", "post that entry by hand"]);
}

#[test]
fn lines_of_a_product_or_a_customer_go_to_accounts_of_their_own_where_settings_say_so() {
    let project = sample();
    let own = |product: &str| {
        project.write("pipeline.toml", format!(
            "[accounts]\n\"revenue of product {product}\" = \"4010 LLM\"\n\"revenue of customer B1 Company\" = \"4099 B1\"\n\
             \"receivable of customer A1 Company\" = \"1210 A1\"\n"
        ));
    };
    own("Langage models");
    let told = ["account_owners_are_known", "Langage models", "\"did_you_mean\":\"Language models\""];
    project.run(&["--source", "egress", "--report", "postable_journal"]).exits(3).says(&told);
    own("Language models");
    project.run(&["--source", "egress"]).exits(0);
    let lines = table(&project.artifact("postable_journal"));
    let of = |account: &str, column: &str| -> BTreeSet<String> {
        lines.iter().filter(|line| line["account_name"] == account).map(|line| line[column].clone()).collect()
    };
    assert_eq!(of("4010 LLM", "product_name"), ["Language models".to_owned()].into());
    // The product's account counts before the customer's.
    assert!(of("4010 LLM", "customer_name").contains("B1 Company"));
    assert_eq!(of("4099 B1", "customer_name"), ["B1 Company".to_owned()].into());
    assert!(!of("4099 B1", "product_name").contains("Language models"));
    assert_eq!(of("1210 A1", "customer_name"), ["A1 Company".to_owned()].into());
    assert!(!of("Accounts receivable", "customer_name").contains("A1 Company"));
}

#[test]
fn a_workbook_of_all_reports_stands_beside_the_csvs_where_it_is_not_turned_off() {
    let project = sample();
    let settings = project.read("pipeline.toml");
    let workbook = || std::fs::read(project.path("artifacts/close_pack.xlsx")).ok();
    project.run(&["--source", "egress", "--report", "invoice_status,journal_entries"]).exits(0);
    let first = workbook().unwrap();
    assert!(first.starts_with(b"PK"));
    // It is put right like every other artifact, with the same bytes.
    project.write("artifacts/close_pack.xlsx", "changed by hand");
    project.run(&["--stage", "load", "--report", "invoice_status,journal_entries"]).exits(0);
    assert_eq!(workbook().unwrap(), first);
    project.write("pipeline.toml", format!("{settings}\n[load]\nworkbook = false\n"));
    project.run(&["--stage", "load", "--report", "invoice_status,journal_entries"]).exits(0);
    assert_eq!(workbook(), None);
    assert!(!project.read("artifacts/manifest.json").contains("close_pack"));
}

#[test]
fn artifacts_begin_with_a_byte_order_mark_where_settings_say_so() {
    let project = sample();
    let settings = project.read("pipeline.toml");
    let run = || project.run(&["--source", "egress", "--report", "invoice_status"]).exits(0);
    run();
    let plain = project.artifact("invoice_status");
    project.write("pipeline.toml", format!("{settings}\n[load]\nbyte_order_mark = true\n"));
    run();
    assert_eq!(project.artifact("invoice_status"), format!("\u{feff}{plain}"));
    let said: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    assert_eq!(said["byte_order_mark"], true);
    project.write("pipeline.toml", settings);
    run();
    assert_eq!(project.artifact("invoice_status"), plain);
    project.write("pipeline.toml", "[load]\nbyte_order_mark = \"yes\"\n");
    project.etl(&["check"]).exits(2).says(&["byte_order_mark", "expected true or false"]);
}
