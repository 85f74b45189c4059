//! The books of small accounts over several closes: `tests/fixtures/finance_closes/NAME` holds what was delivered when
//! (`1/egress`, `2/egress`, …), what was done (`steps`: `deliver N`, or words of `etl`), what is expected of the reports in the
//! end (`expected.csv`, as in `finance`) and of the packs (`pack.csv`). And a random account, whose journal adds up whatever
//! is closed when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::account::plain;
use crate::close::{cloudnet, table};
use crate::finance::{accounts, all_differences, different_figures, keep, project};
use crate::histories::units;
use crate::project::{Project, files};

/// What differs in an account, one line a figure; each step must end well.
fn differences(account: &Path) -> Vec<String> {
    let name = account.file_name().unwrap().to_string_lossy().into_owned();
    let project = project(account);
    for step in fs::read_to_string(account.join("steps")).unwrap().lines() {
        if let Some(number) = step.strip_prefix("deliver ") {
            for (file, bytes) in files(&account.join(number).join("egress")) {
                project.deliver(&format!("{number}/{file}"), bytes);
            }
            continue;
        }
        let outcome = project.etl(&step.split(' ').collect::<Vec<_>>());
        if outcome.code != 0 {
            return vec![format!("{name}: {step}: exit {}\n{}", outcome.code, outcome.stderr)];
        }
    }
    for folder in ["artifacts", "closes"] {
        keep(&project, folder, &format!("closes/{name}/{folder}"));
    }
    let mut different = different_figures(&name, account, &project);
    if let Ok(expected) = fs::read_to_string(account.join("pack.csv")) {
        for row in table(&expected) {
            let sheet = table(&project.read(&format!("closes/{}/{}.csv", row["month"], row["sheet"])));
            let rows = sheet.iter().filter(|line| row["where"].is_empty() || line[&row["where"]] == row["is"]);
            let found = match row["column"].as_str() {
                "" => rows.count().to_string(),
                column => text(rows.map(|line| units(&line[column])).sum()),
            };
            if found != row["expected"] {
                different.push(format!("{name}: {}: expected {}, found {found}", row["figure"], row["expected"]));
            }
        }
    }
    different
}

fn text(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:019}", units.abs());
    let (whole, fraction) = digits.split_at(digits.len() - 18);
    format!("{sign}{}", plain(&format!("{whole}.{fraction}")))
}

#[test]
fn the_books_of_every_account_say_what_was_worked_out_by_hand() {
    let accounts = accounts("finance_closes");
    assert!(accounts.len() > 2);
    let different = all_differences(&accounts, differences);
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

#[test]
fn a_month_is_closed_when_it_is_over_and_its_data_are_there_or_with_a_reason_and_reopened_with_one() {
    let project = Project::new().whole();
    let account = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/finance_closes/late_and_voided");
    for (file, bytes) in files(&account.join("1/egress")) {
        project.deliver(&format!("1/{file}"), bytes);
    }
    // A draft of February, by a snapshot of March.
    project.deliver(
        "1/draft_invoice.csv",
        "id,environment_type,snapshot_time,status,total,credit_type_id,credit_type_name,customer_id,contract_id,\
         start_timestamp,end_timestamp,updated_at\n\
         d-1,PRODUCTION,2024-03-04T00:00:00Z,DRAFT,0,2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents),c1,k1,\
         2024-02-01T00:00:00Z,2024-03-01T00:00:00Z,2024-03-04T02:00:00Z\n",
    );
    project.normalize();
    project.etl(&["close", "2024-02", "--date", "2024-02-29"]).exits(2).says(&["has not ended", "MONTH_NOT_ENDED"]);
    project.etl(&["close", "2024-02"]).exits(3).says(&["1 draft of it or before: d-1 (DRAFTS_OPEN)", "--reason TEXT"]);
    let refusal =
        ["the data end at 2024-03-04", "(DATA_END_BEFORE_MONTH)", "the newest draft_invoice is of 2024-03-04"];
    project.etl(&["close", "2024-12"]).exits(3).says(&refusal);
    project.etl(&["reopen", "2024-02"]).exits(2).says(&["--reason TEXT"]);
    project.etl(&["reopen", "2024-02", "--reason", "a slip"]).exits(2).says(&["2024-02 is not closed"]);
    assert!(!project.path("closes").exists());
    let close = |month: &str, accepted: &[&str]| {
        let accepted = accepted.iter().flat_map(|code| ["--accept", code]);
        project.etl(&["close", month].into_iter().chain(accepted).chain(["--reason", "a slip"]).collect::<Vec<_>>())
    };
    let codes = ["DRAFTS_OPEN", "DATA_END_BEFORE_MONTH", "DELIVERY_MISSING"];
    close("2024-02", &codes).exits(2).says(&["nothing of code DATA_END_BEFORE_MONTH speaks against closing 2024-02"]);

    close("2024-12", &codes).exits(0);
    let accepted = project.rows("select exception_id, reason from etl.acceptances order by exception_id");
    assert_eq!(accepted.len(), 3, "{accepted:?}");
    assert_eq!(accepted[2], "DRAFTS_OPEN/2024-12,a slip");
    project.etl(&["reopen", "2024-02", "--reason", "x"]).exits(2).says(&["the newest close is 2024-12"]);
    let pack = project.files("closes/2024-12");
    let told = project.etl(&["reopen", "2024-12", "--reason", "meant February"]).exits(0).stdout;
    assert!(told.contains("2024-12 is open again, no month is closed"), "{told}");
    let aside = project.names("closes").remove(0).split('/').next().unwrap().to_owned();
    assert!(aside.starts_with("2024-12-reopened-"), "{aside}");
    assert_eq!(project.files(&format!("closes/{aside}")), pack, "the pack is set aside as it was");
    let kept = project.rows("select reopen_reason, posted_lines > 0 from etl.closes");
    assert_eq!(kept, ["meant February,true"]);

    // What was posted by the close that was undone counts no more.
    close("2024-02", &codes[..1]).exits(0);
    let journal = table(&project.artifact("journal_entries"));
    assert!(!journal.is_empty() && journal.iter().all(|row| row["corrects_month"].is_empty()));
}

#[test]
fn a_draft_of_an_invoice_that_is_final_and_comes_after_the_close_is_the_cause_of_what_it_restates() {
    let project = Project::new().whole();
    let account = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/finance_closes/late_and_voided");
    for (file, bytes) in files(&account.join("1/egress")) {
        project.deliver(&format!("1/{file}"), bytes);
    }
    let draft = |day: &str, total: &str| {
        const UNIT: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents)";
        let (at, until) = (format!("2024-02-{day}T00:00:00Z"), "2024-02-01T00:00:00Z");
        project.deliver(
            &format!("{day}/draft_invoice.csv"),
            format!(
                "id,environment_type,snapshot_time,status,total,credit_type_id,credit_type_name,customer_id,contract_id,\
                 start_timestamp,end_timestamp,updated_at\n\
                 i-1,PRODUCTION,{at},DRAFT,{total},{UNIT},c1,k1,2024-01-01T00:00:00Z,{until},{at}\n"
            ),
        );
        project.deliver(
            &format!("{day}/draft_line_item.csv"),
            format!(
                "id,environment_type,snapshot_time,invoice_id,credit_type_id,credit_type_name,name,quantity,total,product_id,\
                 starting_at,ending_before,updated_at\n\
                 l-1,PRODUCTION,{at},i-1,{UNIT},Calls,1,{total},p-calls,2024-01-01T00:00:00Z,{until},{at}\n"
            ),
        );
    };
    draft("01", "10000");
    project.normalize();
    project.etl(&["close", "2024-01"]).exits(0);
    draft("02", "25000");
    project.normalize();
    project.run(&["--report", "draft_to_final_variance,restatements"]).exits(0);
    let restated = table(&project.artifact("restatements"));
    let draft = restated.iter().find(|row| row["figure"] == "draft_amount").unwrap();
    assert_eq!([&draft["old_amount"], &draft["new_amount"]], ["100", "250"]);
    assert!(restated.iter().all(|row| row["cause"] == "invoice i-1 was told as a draft 1 time more"), "{restated:?}");
}

#[test]
fn an_account_of_another_name_takes_over_in_the_open_month_what_was_posted_to_it() {
    let project = cloudnet("as_meant");
    project.run(&["--stage", "normalize"]).exits(0);
    project.etl(&["close", "2024-03"]).exits(0);
    project.add_settings("[accounts]\ndeferred = \"2400 Deferred\"\n");
    project.run(&["--report", "journal_entries,restatements"]).exits(0);
    let journal = table(&project.artifact("journal_entries"));
    let balance = |account: &str, until: &str| -> i128 {
        let of = |row: &&BTreeMap<String, String>| row["account_name"] == account && row["month"].as_str() <= until;
        journal.iter().filter(of).map(|row| units(&row["debit_amount"]) - units(&row["credit_amount"])).sum()
    };
    assert!(balance("Deferred revenue", "2024-03-01") < 0);
    assert_eq!(balance("Deferred revenue", "9999"), 0);
    assert_eq!(balance("2400 Deferred", "2024-03-01"), 0);
    let line = journal.iter().find(|row| !row["corrects_entry_id"].is_empty()).unwrap();
    let key = format!("entry_id={}", line["entry_id"]);
    let told = project.etl(&["explain", "journal_entries", &key]).exits(0).stdout;
    assert!(told.contains("stg_egress__line_items") && told.contains(".csv: row "), "{told}");
}

/// Numbers that are the same in every run of a test.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Deliveries of a random account.
const DELIVERIES: usize = 3;
/// The months it bills.
const MONTHS: u64 = 5;

/// What is delivered of an account of so many customers, time after time: usage in dollars and euros that comes late, is voided,
/// told to be of another amount, product or customer; and a prepaid commit each, of which more is drawn than was told before.
fn deliveries(seed: u64, customers: u64) -> Vec<Vec<(&'static str, String)>> {
    const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";
    let mut draw = Draw(seed);
    let instant = |month: u64, day: u64| format!("2024-{month:02}-{day:02}T00:00:00Z");
    let mut made: Vec<BTreeMap<&'static str, String>> = vec![BTreeMap::new(); DELIVERIES];
    for (place, tables) in made.iter_mut().enumerate() {
        let mut add = |table: &'static str, header: &str| {
            tables.insert(table, format!("{header}\n"));
        };
        add("customer", "id,environment_type,name,updated_at");
        add("contracts_contracts", "id,environment_type,snapshot_id,name,customer_id,starting_at,updated_at");
        add(
            "invoice",
            "id,environment_type,status,total,credit_type_id,credit_type_name,customer_id,contract_id,start_timestamp,\
             end_timestamp,issued_at,updated_at",
        );
        add(
            "line_item",
            "id,environment_type,invoice_id,credit_type_id,credit_type_name,name,quantity,total,commit_id,product_id,\
             starting_at,ending_before,updated_at",
        );
        add(
            "contracts_balances",
            "id,environment_type,snapshot_id,customer_id,contract_id,type,name,product_id,access_schedule,\
             invoice_schedule,ledger,balance,updated_at",
        );
        // The last day that anything is told of.
        let at = instant(MONTHS + 2 + place as u64, 5);
        for customer in 0..customers {
            let own = [
                ("customer", format!("c{customer},X,Customer {customer},2023-12-01T00:00:00Z")),
                (
                    "contracts_contracts",
                    format!("k{customer},X,s{place},k{customer},c{customer},{},{at}", instant(1, 1)),
                ),
            ];
            for (table, row) in own {
                let _ = writeln!(tables.get_mut(table).unwrap(), "{row}");
            }
        }
    }
    for customer in 0..customers {
        let (unit, name) = if draw.below(4) == 0 { ("eur", "EUR") } else { (USD, "USD (cents)") };
        let commit = 90_000;
        let mut drawn = vec![Vec::new(); DELIVERIES];
        for month in 1..=MONTHS {
            let (first, id) = (draw.below(5), format!("i{customer}-{month}"));
            let first = usize::try_from(first.saturating_sub(2)).unwrap();
            let mut amount = 1_000 + draw.below(9_000);
            let (mut product, mut payer, mut status) = ("p1", customer, "FINALIZED");
            let is_prepaid = draw.below(3) == 0;
            for (place, tables) in made.iter_mut().enumerate() {
                if place < first {
                    continue;
                }
                if place > first && !is_prepaid {
                    match draw.below(8) {
                        0 => status = "VOID",
                        1 => amount += draw.below(500),
                        2 => product = "p2",
                        3 => payer = (customer + 1) % customers,
                        _ => {}
                    }
                }
                let at = instant(MONTHS + 2 + place as u64, 5);
                let (from, until, issued) = (instant(month, 1), instant(month + 1, 1), instant(month + 1, 3));
                let total = if is_prepaid { 0 } else { amount };
                let _ = writeln!(
                    tables.get_mut("invoice").unwrap(),
                    "{id},X,{status},{total},{unit},{name},c{payer},k{payer},{from},{until},{issued},{at}"
                );
                let lines = tables.get_mut("line_item").unwrap();
                let balance = if is_prepaid { format!("b{customer}") } else { String::new() };
                let _ = writeln!(
                    lines,
                    "l{id},X,{id},{unit},{name},Use,1,{amount},{balance},{product},{from},{until},{at}"
                );
                if is_prepaid {
                    let _ = writeln!(
                        lines,
                        "a{id},X,{id},{unit},{name},Applied,1,-{amount},{balance},{product},{from},{until},{at}"
                    );
                    drawn[place].push((amount, until, id.clone()));
                }
            }
        }
        for (place, tables) in made.iter_mut().enumerate() {
            let at = instant(MONTHS + 2 + place as u64, 5);
            let (from, until) = (instant(1, 1), "2025-01-01T00:00:00Z");
            let bought = format!("i{customer}-buy");
            let _ = writeln!(
                tables.get_mut("invoice").unwrap(),
                "{bought},X,FINALIZED,{commit},{unit},{name},c{customer},k{customer},,,{from},{at}"
            );
            let _ = writeln!(
                tables.get_mut("line_item").unwrap(),
                "l{bought},X,{bought},{unit},{name},Commit,1,{commit},b{customer},p-commit,,,{at}"
            );
            let mut entries = vec![serde_json::json!({
                "type": "prepaid_segment_start", "timestamp": from, "amount": commit, "segment_id": "s",
            })];
            entries.extend(drawn[place].iter().map(|(amount, until, id)| {
                serde_json::json!({
                    "type": "prepaid_automated_invoice_deduction", "timestamp": until, "segment_id": "s",
                    "amount": -i64::try_from(*amount).unwrap(), "invoice_id": id,
                })
            }));
            let left = commit - drawn[place].iter().map(|(amount, ..)| amount).sum::<u64>();
            let schedule = |items: serde_json::Value| {
                let schedule = serde_json::json!({
                    "credit_type_id": unit, "credit_type_name": name, "schedule_items": items,
                });
                schedule.to_string().replace('"', "\"\"")
            };
            let access = schedule(serde_json::json!([
                { "id": "s", "date": from, "end_date": until, "amount": commit }
            ]));
            let billed = schedule(serde_json::json!([
                { "id": "t", "date": from, "amount": commit, "invoice_id": bought }
            ]));
            let ledger = serde_json::Value::Array(entries).to_string().replace('"', "\"\"");
            let _ = writeln!(
                tables.get_mut("contracts_balances").unwrap(),
                "b{customer},X,s{place},c{customer},k{customer},prepaid,b{customer},p-commit,\"{access}\",\"{billed}\",\
                 \"{ledger}\",{left},{at}"
            );
        }
    }
    made.into_iter().map(|tables| tables.into_iter().collect()).collect()
}

/// Debits less credits by account, customer and currency.
fn balances(project: &Project) -> BTreeMap<[String; 3], i128> {
    let mut sums = BTreeMap::new();
    for row in table(&project.artifact("journal_entries")) {
        let place = ["account_name", "customer_id", "currency"].map(|column| row[column].clone());
        *sums.entry(place).or_insert(0) += units(&row["debit_amount"]) - units(&row["credit_amount"]);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[test]
fn whatever_is_closed_when_the_journal_comes_to_what_is_computed_without_a_close() {
    let deliveries = deliveries(11, 30);
    let mut draw = Draw(7);
    let books = Project::new().whole();
    let mut closed = 0;
    for (place, delivery) in deliveries.iter().enumerate() {
        for (table, text) in delivery {
            books.deliver(&format!("{place}/{table}.csv"), text);
        }
        books.normalize();
        if place + 1 < DELIVERIES {
            closed += 1 + draw.below(MONTHS - 1 - closed);
            books.etl(&["close", &format!("2024-{closed:02}")]).exits(0);
        }
    }
    let reports = ["--report", "journal_entries,restatements,revenue_schedule"];
    books.run(&reports).exits(0);
    let corrected: BTreeSet<_> = table(&books.artifact("journal_entries"))
        .into_iter()
        .filter(|row| !row["corrects_month"].is_empty())
        .map(|row| row["month"].clone())
        .collect();
    assert_eq!(corrected.len(), DELIVERIES - 1, "something moves after each close: {corrected:?}");

    let fresh = Project::new().whole();
    for (table, text) in &deliveries[DELIVERIES - 1] {
        fresh.deliver(&format!("{table}.csv"), text);
    }
    fresh.run(&reports).exits(0);
    let (expected, found) = (balances(&fresh), balances(&books));
    assert!(expected.len() > 60, "{}", expected.len());
    assert_eq!(found, expected);
}
