//! The reconciliation ladder on made files: what does not agree is found, named and, unless accepted, blocks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::close::{cloudnet, table};
use crate::project::{Project, files};

type Rows = Vec<BTreeMap<String, String>>;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The sample account's export files and settings, asking no API.
pub fn sample() -> Project {
    let project = Project::new().whole();
    project.write("pipeline.toml", fs::read_to_string(Path::new(ROOT).join("pipeline.toml")).unwrap());
    for (name, bytes) in files(&Path::new(ROOT).join("landing/egress")) {
        project.deliver(&name, bytes);
    }
    project
}

fn run(project: &Project, code: i32) -> Rows {
    project.run(&["--source", "egress"]).exits(code);
    table(&project.artifact("reconciliation_exceptions"))
}

/// Rewrites the rows of a delivered file.
fn rewrite(project: &Project, name: &str, change: impl FnOnce(&mut Rows)) {
    let path = format!("landing/egress/{name}");
    let text = project.read(&path);
    let header = csv::Reader::from_reader(text.as_bytes()).headers().unwrap().clone();
    let mut rows = table(&text);
    change(&mut rows);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for row in rows {
        writer.write_record(header.iter().map(|column| &row[column])).unwrap();
    }
    project.write(&path, writer.into_inner().unwrap());
}

/// Exceptions that are there with the change and not without it.
fn found(project: &Project, before: &Rows, code: i32) -> Rows {
    let ids: Vec<_> = before.iter().map(|row| &row["exception_id"]).collect();
    run(project, code).into_iter().filter(|row| !ids.contains(&&row["exception_id"])).collect()
}

#[test]
fn a_raw_event_that_is_missing_a_file_twice_and_an_amount_changed_by_a_ten_thousandth_are_found_and_named() {
    let project = sample();
    let before = run(&project, 0);
    assert!(before.iter().all(|row| row["severity"] == "warn"), "{before:?}");

    // Twice delivered is counted once, and said.
    let bytes = fs::read(project.path("landing/egress/events.csv")).unwrap();
    project.deliver("zz - events.csv", bytes);
    let twice = found(&project, &before, 0);
    assert_eq!(twice.len(), 1, "{twice:?}");
    assert_eq!(twice[0]["code"], "FILE_DELIVERED_TWICE");
    assert!(twice[0]["item"].contains("zz - events.csv"), "{twice:?}");
    fs::remove_file(project.path("landing/egress/zz - events.csv")).unwrap();

    // An event that is counted on a final invoice.
    let metered = project.rows(
        "select min(e.transaction_id) from egress.events e \
         inner join int_customer_references r on e.customer_id = r.customer_reference \
         inner join int_customers_unified c on r.customer_id = c.customer_id \
         where c.customer_name = 'B1 Company' and json_text(e.properties, 'image_size') = '256x256' and e._source_file like '%events.csv' and e.event_type = 'image_modeler' \
             and e.timestamp >= '2024-03-10' and e.timestamp < '2024-03-20'",
    );
    let fresh = sample();
    for (name, _) in files(&fresh.path("landing/egress")).into_iter().filter(|(name, _)| name.contains("events")) {
        if name.ends_with(".csv") {
            rewrite(&fresh, &name, |rows| rows.retain(|row| row["transaction_id"] != metered[0]));
        }
    }
    let missing = found(&fresh, &before, 3);
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0]["code"], "USAGE_WITHOUT_EVENTS");
    assert_ne!(missing[0]["customer_name"], "");
    let parse = |name: &str| missing[0][name].parse::<i64>().unwrap();
    assert!(parse("expected_amount") < parse("actual_amount"), "{missing:?}");

    // One amount, by the smallest digit anybody looks at.
    let changed = sample();
    let mut id = String::new();
    rewrite(&changed, "Sample Account Export - sub_line_item.csv", |rows| {
        let row = rows.iter_mut().find(|row| row["subtotal"].parse::<i64>().is_ok_and(|cents| cents > 0)).unwrap();
        let more = format!("{}.0001", row["subtotal"]);
        row.insert("subtotal".to_owned(), more);
        id.clone_from(&row["id"]);
    });
    let moved = found(&changed, &before, 3);
    assert!(moved.iter().any(|row| row["code"] == "SUB_LINES_DIFFER_FROM_LINE"), "{moved:?} {id}");
    assert!(moved.iter().all(|row| row["difference_amount"].trim_start_matches('-') == "0.000001"), "{moved:?}");
}

#[test]
fn the_account_as_meant_reconciles_and_its_months_are_those_written_down() {
    let project = cloudnet("as_meant");
    assert_eq!(run(&project, 0), Rows::new());
    let expected =
        table(&fs::read_to_string(Path::new(ROOT).join("tests/fixtures/cloudnet/monthly/as_meant.csv")).unwrap());
    let made = table(&project.artifact("commit_schedule"));
    assert_eq!(made.len(), expected.len());
    for (made, expected) in made.iter().zip(&expected) {
        for (column, value) in expected {
            assert_eq!(made.get(column), Some(value), "{column} of {made:?}");
        }
    }
}

#[test]
fn the_account_as_published_is_found_to_contradict_itself() {
    let project = cloudnet("as_published");
    let codes: Vec<_> = run(&project, 3).into_iter().map(|row| row["code"].clone()).collect();
    for code in AS_PUBLISHED {
        assert!(codes.iter().any(|found| found == code), "{code} is not among {codes:?}");
    }
}

/// What the published tables get wrong, by the code that says it; the list with reasons is beside the files.
const AS_PUBLISHED: &[&str] = &[
    "INVOICE_ID_OF_TWO_CONTRACTS",
    "INVOICE_WITH_TWO_PERIODS",
    "INVOICE_WITH_TWO_TOTALS",
    "LINE_ID_OF_TWO_INVOICES",
    "INVOICE_OF_OTHER_CUSTOMER",
    "BALANCE_OF_OTHER_CUSTOMER",
    "COMMIT_OF_OTHER_CUSTOMER",
    "BALANCE_WITH_TWO_LEDGERS",
    "LEDGER_BELOW_ZERO",
    "DEDUCTION_DIFFERS_FROM_LINES",
    "DEDUCTION_WITHOUT_LINES",
    "LINES_DIFFER_FROM_INVOICE",
    "LINES_NAME_MORE_THAN_APPLIED",
    "LEDGER_ENTRY_ID_REPEATED",
    "LEDGER_ENTRY_WITHOUT_ID",
    "LABEL_DIFFERS_FROM_PERIOD",
    "INVOICE_WITHOUT_LINES",
    "LINE_OUTSIDE_PERIOD",
    "PERIOD_OF_SCHEDULED_INVOICE",
    "DEDUCTION_DATE_DIFFERS",
    "BALANCE_TYPE_SPELLED",
];

#[test]
fn a_code_that_only_warns_does_not_block_and_an_unknown_one_is_refused() {
    let project = sample();
    let settings = project.read("pipeline.toml");
    let checks = "[checks]\nSUB_LINES_DIFFER_FROM_LINE = \"warn\"\nLINE_DIFFERS_FROM_PRICE = \"warn\"\n";
    project.write("pipeline.toml", format!("{settings}\n{checks}"));
    rewrite(&project, "Sample Account Export - sub_line_item.csv", |rows| {
        let row = rows.iter_mut().find(|row| row["subtotal"].parse::<i64>().is_ok_and(|cents| cents > 0)).unwrap();
        let more = format!("{}.0001", row["subtotal"]);
        row.insert("subtotal".to_owned(), more);
    });
    let rows = run(&project, 0);
    let row = rows.iter().find(|row| row["code"] == "SUB_LINES_DIFFER_FROM_LINE").unwrap();
    assert_eq!((&*row["severity"], &*row["status"]), ("warn", "open"));
    project.write("pipeline.toml", "[checks]\nSUB_LINE_DIFFER_FROM_LINE = \"warn\"\n");
    project
        .run(&["--source", "egress"])
        .exits(2)
        .says(&["neither a check nor a code", "did you mean `SUB_LINES_DIFFER_FROM_LINE`"]);
}

#[test]
fn an_exception_keeps_the_day_it_was_first_seen() {
    let project = cloudnet("as_published");
    let first: BTreeMap<_, _> =
        run(&project, 3).into_iter().map(|row| (row["exception_id"].clone(), row["first_seen"].clone())).collect();
    assert!(first.values().all(|day| !day.is_empty()));
    // A later delivery moves the day of the newest data.
    project.deliver("later - customer.csv", "id,name,updated_at\nnew,Newcomer,2031-05-05T00:00:00Z\n");
    for row in run(&project, 3) {
        if let Some(day) = first.get(&row["exception_id"]) {
            assert_eq!(&row["first_seen"], day);
        }
    }
}
