//! `etl diff`, row by row: what may not be added up, what is said in words, and rows that come, go or are of somebody else.

use serde_json::Value;

use crate::close::{cloudnet, table};
use crate::project::Project;

/// Customers of the account, and the contract and prepaid commit of B1.
const A: &str = "c10dae70-00a0-4000-8000-000000010001";
const B1: &str = "c10dae70-00b1-4000-8000-000000010001";
const CONTRACT: &str = "c10dae70-00b1-4000-8000-000000020001";
const COMMIT: &str = "c10dae70-00b1-4000-8000-000000050001";
/// The invoice of customer A's first month.
const INVOICE: &str = "c10dae70-00a0-4000-8000-000000030001";

/// Delivers rows of a table again, as they are by now.
fn deliver(project: &Project, name: &str, is_meant: impl Fn(&str, &str) -> bool, changes: &[(&str, &str)]) {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut count = 0;
    for mut row in table(&project.read(&format!("landing/egress/{name}.csv"))) {
        if !row.iter().any(|(column, value)| is_meant(column, value)) {
            continue;
        }
        let newer = [("updated_at", "2025-02-01T00:00:00Z")];
        row.extend(newer.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if count == 0 {
            writer.write_record(row.keys()).unwrap();
        }
        writer.write_record(row.values()).unwrap();
        count += 1;
    }
    assert!(count > 0, "no such row of {name}");
    project.deliver(&format!("later - {name}.csv"), writer.into_inner().unwrap());
}

/// Delivers a file again with other texts in the lines that have this one.
fn change(project: &Project, name: &str, line: &str, texts: &[(&str, &str)]) {
    let file = format!("{name}.csv");
    let before = project.read(&format!("landing/egress/{file}"));
    let changed = |text: &str| texts.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
    let after = before.lines().map(|text| if text.contains(line) { changed(text) } else { text.to_owned() } + "\n");
    let after: String = after.collect();
    assert_ne!(before, after, "{name} says nothing of it");
    project.deliver(&file, after);
}

/// What two runs of these reports differ in, as text and as objects; `change` is what came between.
fn differences(project: &Project, reports: &str, change: impl Fn(&Project)) -> (String, Vec<Value>) {
    project.run(&["--report", reports]).exits(0);
    change(project);
    project.run(&["--report", reports]).exits(0);
    let told = project.etl(&["diff", "previous", "latest"]).exits(0).stdout;
    let lines = project.etl(&["diff", "previous", "--output", "json"]).exits(0).stdout;
    let objects: Vec<_> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(told.contains(&format!("{} difference", objects.len())), "both tell the same: {told}{lines}");
    (told, objects)
}

/// The differences of a report's column.
fn of<'a>(objects: &'a [Value], report: &str, figure: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["report"] == report && object["figure"] == figure).collect()
}

#[test]
fn what_nobody_may_add_up_is_told_row_by_row() {
    let project = cloudnet("as_meant");
    let (told, objects) = differences(&project, "commit_schedule,revenue_schedule", |project| {
        change(project, "line_item", "-00b1-", &[(",60000,", ",66000,"), (",-60000,", ",-66000,")]);
    });
    let rows = of(&objects, "commit_schedule", "usage_amount");
    assert!(rows.len() > 1, "{told}");
    for row in &rows {
        assert_eq!((&row["kind"], &row["row_count"]), (&"figure_by_row".into(), &1.into()), "{row}");
        let month = row["period"].as_str().unwrap();
        let key: Value = serde_json::from_str(row["row_key"].as_str().unwrap()).unwrap();
        assert_eq!(key, serde_json::json!({"contract_id": CONTRACT, "commit_id": COMMIT, "month": month}));
        let key = format!("commit_id={COMMIT},contract_id={CONTRACT},month={month}");
        let line = format!(
            "    commit_schedule, usage_amount of {} ({key}): {} -> {}\n",
            &month[..7],
            row["old_amount"],
            row["new_amount"]
        );
        assert!(told.contains(&line), "{line}{told}");
        project.etl(&["explain", "commit_schedule", &key]).exits(0);
    }
    // Their amounts are in no heading, which has what sums moved by.
    let heading = told.lines().find(|line| line.starts_with("Customer B1 ")).unwrap();
    assert!(heading.starts_with("Customer B1 +60 USD: "), "{told}");
    assert_eq!(of(&objects, "revenue_schedule", "recognized_amount")[0]["kind"], "figure");
    assert!(of(&objects, "revenue_schedule", "recognized_amount").iter().all(|sum| sum["row_key"].is_null()));
}

#[test]
fn of_many_rows_that_nobody_may_add_up_three_are_told_and_how_many_more_there_are() {
    let project = cloudnet("as_meant");
    let (told, objects) = differences(&project, "commit_burndown", |project| {
        // A commit of twice as much has another expected remainder on every day of its term.
        change(project, "contracts_balances", COMMIT, &[("1000000", "2000000")]);
    });
    let rows = of(&objects, "commit_burndown", "remaining_amount");
    let of_b1: Vec<_> = rows.into_iter().filter(|row| row["customer_id"] == B1).collect();
    assert_eq!(of_b1.len(), 4, "{told}");
    let (rest, first) = of_b1.split_last().unwrap();
    assert!(first.iter().all(|row| row["row_key"].is_string() && row["row_count"] == 1), "{told}");
    assert!(rest["row_key"].is_null() && rest["old_amount"].is_null() && rest["difference_amount"].is_null(), "{rest}");
    let count = rest["row_count"].as_u64().unwrap();
    assert!(count > 100, "{rest}");
    assert!(told.contains(&format!("    commit_burndown, remaining_amount: differs in {count} rows more\n")), "{told}");
}

#[test]
fn an_invoice_that_is_of_another_customer_is_told_of_both() {
    let project = cloudnet("as_meant");
    let (told, objects) = differences(&project, "invoice_status,revenue_schedule", |project| {
        deliver(project, "invoice", |column, value| column == "id" && value == INVOICE, &[("customer_id", B1)]);
    });
    let amounts = |figure: &str, customer: &str| {
        let of_report = objects.iter().filter(|object| object["figure"] == figure && object["customer_id"] == customer);
        of_report.map(|object| object["difference_amount"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!((amounts("total_amount", A), amounts("total_amount", B1)), (vec!["-459".into()], vec!["459".into()]));
    assert_eq!(amounts("recognized_amount", A), ["-459"], "{told}");
    assert_eq!(amounts("recognized_amount", B1), ["459"], "{told}");
    let cause = format!("invoice {INVOICE} went from customer {A} to customer {B1} (2024-01)\n");
    assert_eq!(told.matches(&cause).count(), 2, "{told}");
    assert!(told.contains(&format!("    invoice_status, customer_id (invoice_id={INVOICE}): {A} -> {B1}\n")), "{told}");
    assert!(told.contains("    revenue_schedule of 2024-01: 4 rows are gone\n"), "{told}");
    assert!(told.contains("    revenue_schedule of 2024-01: 4 rows are new\n"), "{told}");
    let kinds: Vec<_> = objects.iter().filter(|object| object["figure"].is_null()).map(|row| &row["kind"]).collect();
    assert_eq!(kinds, ["rows_gone", "rows_new"]);
}

#[test]
fn words_that_change_are_told_with_their_column_and_alike_ones_together() {
    let project = cloudnet("as_meant");
    let (told, objects) = differences(&project, "invoice_status,commit_burndown", |project| {
        let paid = [("billing_provider_type", "stripe"), ("billing_provider_invoice_external_status", "PAID")];
        deliver(project, "invoice", |column, value| column == "id" && value == INVOICE, &paid);
        deliver(project, "customer", |column, value| column == "id" && value == A, &[("name", "A, Inc.")]);
    });
    assert!(told.contains("A, Inc. -459 USD: none of its invoices, ledgers and events changed\n"), "{told}");
    assert!(told.contains(&format!("    invoice_status, payment (invoice_id={INVOICE}): unsent -> paid\n")), "{told}");
    assert!(told.contains(&format!("    invoice_status, billing_provider (invoice_id={INVOICE}): empty -> stripe\n")));
    let named = of(&objects, "commit_burndown", "customer_name");
    assert_eq!(named.len(), 1, "{told}");
    let count = named[0]["row_count"].as_u64().unwrap();
    assert!(count > 1 && named[0]["row_key"].is_null() && named[0]["old_amount"].is_null(), "{told}");
    let line = format!("    commit_burndown, customer_name of {count} rows: Customer A -> A, Inc.\n");
    assert!(told.contains(&line), "{line}{told}");
    assert_eq!((&named[0]["old_text"], &named[0]["new_text"]), (&"Customer A".into(), &"A, Inc.".into()));
}

#[test]
fn a_row_that_one_run_has_alone_is_named_also_where_its_figures_are_nothing() {
    let project = cloudnet("as_meant");
    let (told, _) = differences(&project, "invoice_status", |project| {
        let (from, to) = ("c10dae70-00b1-4000-8000-000000030003", "c10dae70-00b1-4000-8000-0000000399ff");
        deliver(project, "invoice", |column, value| column == "id" && value == from, &[("id", to)]);
    });
    assert!(
        told.contains("    invoice_status: 1 row is new (invoice_id=c10dae70-00b1-4000-8000-0000000399ff)\n"),
        "{told}"
    );
}

#[test]
fn reports_that_cannot_be_compared_or_differ_in_days_alone_are_named() {
    let project = cloudnet("as_meant");
    // The charges of all customers in the newest month.
    project.write("pipeline.toml", "");
    let (told, objects) = differences(&project, "invoice_status,invoice_charges", |project| {
        let issued = (",2024-02-01T00:00:00Z,2024-02-01T01:00:00Z", ",2024-02-02T00:00:00Z,2024-02-01T01:00:00Z");
        change(project, "invoice", "c10dae70-00b1-4000-8000-000000030003", &[issued]);
        change(project, "line_item", "CloudStorage", &[("CloudStorage", "Cloud storage")]);
    });
    assert!(objects.is_empty(), "{told}");
    assert!(told.contains("invoice_charges has no key that tells its rows apart and is not compared\n"), "{told}");
    assert!(
        told.contains("invoice_status differs in nothing but days, counts and fractions, which are not compared\n")
    );
}
