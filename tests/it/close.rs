//! `etl close`, `--as-of`, `--known-at` and `etl diff`: closed figures stay, what moves is restated, the past can be made again.

use std::collections::BTreeMap;
use std::path::Path;

use crate::project::Project;

/// The account of `tests/fixtures/cloudnet` in one of its editions.
pub fn cloudnet(edition: &str) -> Project {
    let project = Project::new().whole();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cloudnet").join(edition).join("egress");
    for (name, bytes) in crate::project::files(&folder) {
        project.deliver(&name, bytes);
    }
    project
}

/// The rows of a CSV as maps by column.
pub fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// Delivers customer B1's usage of March as 12.40 dollars more, drawn from the commit, of which so much less expires.
pub fn deliver_late_usage(project: &Project) {
    let read = |name: &str| table(&project.read(&format!("landing/egress/{name}.csv")));
    let deliver = |name: &str, rows: &[BTreeMap<String, String>]| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(rows[0].keys()).unwrap();
        for row in rows {
            writer.write_record(row.values()).unwrap();
        }
        project.deliver(&format!("late - {name}.csv"), writer.into_inner().unwrap());
    };
    let later = |mut row: BTreeMap<String, String>, changes: &[(&str, &str)]| {
        row.insert("updated_at".to_owned(), "2025-02-01T00:00:00Z".to_owned());
        row.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        row
    };
    let lines: Vec<_> = read("line_item")
        .into_iter()
        .filter(|row| row["id"].contains("00b1") && row["starting_at"].starts_with("2024-03"))
        .filter_map(|row| match row["total"].as_str() {
            "60000" => Some(later(row, &[("total", "61240"), ("quantity", "765.5")])),
            "-60000" => Some(later(row, &[("total", "-61240")])),
            _ => None,
        })
        .collect();
    assert_eq!(lines.len(), 2);
    deliver("line_item", &lines);
    let balances: Vec<_> = read("contracts_balances")
        .into_iter()
        .map(|row| {
            let snapshot = format!("later-{}", row["snapshot_id"]);
            let mut ledger: serde_json::Value = serde_json::from_str(&row["ledger"]).unwrap();
            for entry in ledger.as_array_mut().unwrap().iter_mut().filter(|_| row["id"].contains("00b1")) {
                let amount = entry["amount"].as_i64().unwrap();
                if entry["timestamp"].as_str().unwrap().starts_with("2024-04-01") {
                    entry["amount"] = (amount - 1240).into();
                } else if entry["type"].as_str().unwrap().contains("expiration") {
                    entry["amount"] = (amount + 1240).into();
                }
            }
            later(row, &[("ledger", &ledger.to_string()), ("snapshot_id", &snapshot)])
        })
        .collect();
    deliver("contracts_balances", &balances);
}

/// Rows of a report whose month is this one or earlier.
fn until(project: &Project, report: &str, month: &str) -> Vec<BTreeMap<String, String>> {
    table(&project.artifact(report)).into_iter().filter(|row| row["month"].as_str() <= month).collect()
}

#[test]
fn a_closed_month_keeps_its_figures_and_what_moves_is_restated_in_the_open_month() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["close", "2024-03"]).exits(0);
    let pack = project.files("closes/2024-03");
    let names: Vec<_> = pack.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["balance_rollforward.csv", "control_totals.csv", "journal_entries.csv", "manifest.json"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let march = table(&project.read("closes/2024-03/revenue_schedule.csv"));
    assert!(!march.is_empty() && march.iter().all(|row| row["month"] == "2024-03-01"));
    let revenue = until(&project, "revenue_schedule", "2024-03-01");

    deliver_late_usage(&project);
    project.run(&[]).exits(0);
    assert_eq!(until(&project, "revenue_schedule", "2024-03-01"), revenue, "closed figures stay");
    let restated = table(&project.artifact("restatements"));
    let of = |report: &str, figure: &str| {
        let found: Vec<_> = restated.iter().filter(|row| row["report"] == report && row["figure"] == figure).collect();
        assert_eq!(found.len(), 1, "{report} {figure}: {restated:?}");
        found[0].clone()
    };
    let moved = of("revenue_schedule", "recognized_amount");
    assert_eq!(
        (&*moved["difference_amount"], &*moved["currency"], &*moved["customer_name"]),
        ("12.4", "USD", "Customer B1")
    );
    assert_eq!((&*moved["month"], &*moved["booked_month"]), ("2024-03-01", "2024-04-01"));
    assert!(moved["cause"].contains("ledger") && moved["cause"].contains("2 lines of invoice"), "{}", moved["cause"]);
    assert_eq!(of("balance_rollforward", "closing_amount")["difference_amount"], "-12.4");

    project.run(&[]).exits(0);
    assert_eq!(table(&project.artifact("restatements")), restated, "told once, and the same each time");
    let again = project.etl(&["close", "2024-03"]).exits(0);
    assert!(again.stdout.contains("the same bytes"), "{}", again.stdout);
    assert_eq!(project.files("closes/2024-03"), pack);

    // What was restated in April is booked with April: it is not restated again in May.
    project.etl(&["close", "2024-04"]).exits(0);
    project.run(&[]).exits(0);
    let after = table(&project.artifact("restatements"));
    assert!(after.iter().all(|row| row["booked_month"] == "2024-04-01"), "{after:?}");
    assert_eq!(table(&project.read("closes/2024-04/restatements.csv")).len(), restated.len());
}

#[test]
fn a_pack_that_is_gone_is_made_again_and_one_that_would_differ_is_refused() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    let told = project.etl(&["close", "2024-02"]).exits(0).stdout;
    assert!(told.contains("pack in closes/2024-02, artifacts in artifacts"), "{told}");
    let pack = project.files("closes/2024-02");
    std::fs::remove_dir_all(project.path("closes")).unwrap();
    project.etl(&["close", "2024-02"]).exits(0);
    assert_eq!(project.files("closes/2024-02"), pack);
    project.add_settings("[accounts]\ndeferred = \"2400 Deferred\"\n");
    project
        .etl(&["close", "2024-02"])
        .exits(3)
        .says(&["other bytes in control_totals.csv, journal_entries.csv", "[accounts]"]);
    assert_eq!(project.files("closes/2024-02"), pack);
}

#[test]
fn a_close_that_cannot_be_is_refused_and_changes_nothing() {
    let project = cloudnet("as_meant");
    project.etl(&["close", "2024-03"]).exits(2).says(&["no lake here", "etl run"]);
    project.run(&[]).exits(0);
    let before = project.files("artifacts");
    project.etl(&["close", "2199-01"]).exits(2).says(&["2199-01 has not ended"]);
    project.etl(&["close", "2024-3"]).exits(2).says(&["is no month"]);
    project.etl(&["close", "2024-03", "--accept", "X"]).exits(2).says(&["--reason"]);
    project
        .etl(&["close", "2024-03", "--accept", "X", "--reason", "y"])
        .exits(2)
        .says(&["no blocking exception of code X"]);
    project.etl(&["close", "2024-03", "--report", "breakage"]).exits(2).says(&["every report"]);
    assert!(!project.path("closes").exists());
    assert_eq!(project.files("artifacts"), before);
    project.etl(&["close", "2024-03"]).exits(0);
    project.etl(&["close", "2024-02"]).exits(2).says(&["closed with 2024-03"]);
}

#[test]
fn a_close_refuses_while_an_exception_blocks_until_it_is_accepted_with_a_reason() {
    let project = cloudnet("as_published");
    project.run(&[]).exits(3).says(&["exceptions_are_resolved"]);
    let found = table(&project.artifact("reconciliation_exceptions"));
    assert!(!found.is_empty(), "what blocks is published");
    assert!(!project.path("artifacts/revenue_schedule.csv").exists(), "and nothing else");
    project.etl(&["close", "2024-12"]).exits(3).says(&["--accept CODE --reason TEXT"]);
    let mut words = vec!["close", "2024-12", "--reason", "the published tables contradict themselves"];
    let mut codes: Vec<_> =
        found.iter().filter(|row| row["severity"] == "block").map(|row| row["code"].clone()).collect();
    codes.sort();
    codes.dedup();
    codes.iter().for_each(|code| words.extend(["--accept", code]));
    project.etl(&words).exits(0);
    let accepted = table(&project.read("closes/2024-12/reconciliation_exceptions.csv"));
    assert!(accepted.iter().filter(|row| row["severity"] == "block").all(|row| row["status"] == "accepted"));
    assert!(accepted.iter().any(|row| row["accepted_reason"] == "the published tables contradict themselves"));
    project.run(&[]).exits(0);
    let checklist = table(&project.read("closes/2024-12/checklist.csv"));
    let of = |kind: &str| checklist.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
    assert!(of("check").iter().any(|row| row["item"] == "exceptions_are_resolved" && row["result"] == "holds"));
    let told = of("accepted exception");
    assert_eq!(told.len(), accepted.iter().filter(|row| row["status"] == "accepted").count());
    assert!(told.iter().all(|row| row["reason"] == "the published tables contradict themselves"), "{told:?}");
}

#[test]
fn what_is_accepted_until_a_day_blocks_again_with_data_of_a_later_one() {
    let project = cloudnet("as_published");
    project.run(&[]).exits(3);
    let found = table(&project.artifact("reconciliation_exceptions"));
    let codes: std::collections::BTreeSet<_> =
        found.iter().filter(|row| row["severity"] == "block").map(|row| row["code"].clone()).collect();
    let close = |until: &str| {
        let mut words = vec!["close", "2024-12", "--reason", "until it is put right", "--accepted-by", "Jo"];
        words.extend(["--accept-until", until]);
        codes.iter().for_each(|code| words.extend(["--accept", code]));
        project.etl(&words)
    };
    // The data are of January 2nd.
    close("2025-01-01").exits(3).says(&["with data of no day after 2025-01-01"]);
    close("2025-01-02").exits(0);
    let checklist = table(&project.read("closes/2024-12/checklist.csv"));
    let told = checklist.iter().find(|row| row["kind"] == "accepted exception").unwrap();
    assert_eq!(["accepted_by", "accepted_until"].map(|name| &*told[name]), ["Jo", "2025-01-02"]);
    project.run(&[]).exits(0);
    let text = project.read("landing/egress/invoice.csv");
    let (header, row) = text.split_once('\n').unwrap();
    let row = row.lines().next().unwrap().replacen("2025-01-02", "2025-01-03", 9);
    project.deliver("late - invoice.csv", format!("{header}\n{row}\n"));
    project.run(&[]).exits(3).says(&["exceptions_are_resolved"]);
    project.etl(&["close", "2025-01", "--accept-until", "2025-02-01"]).exits(2).says(&["--accept CODE"]);
}

#[test]
fn what_was_known_at_a_time_is_made_again_beside_the_current_reports() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    let then = project.files("artifacts");
    let instant = project.rows("select cast(max(started_at) as varchar) from etl.runs").remove(0);
    deliver_late_usage(&project);
    project.run(&[]).exits(0);
    let now = project.files("artifacts");
    assert_ne!(now, then);
    let runs = project.names("lake/etl/runs").len();

    project.run(&["--known-at", &instant]).exits(0);
    let mut made = project.names("artifacts").into_iter().filter(|name| name.starts_with("known-at-"));
    let folder = made.next().unwrap().split('/').next().unwrap().to_owned();
    for (name, bytes) in then.iter().filter(|(name, _)| name.ends_with(".csv")) {
        assert_eq!(&project.read(&format!("artifacts/{folder}/{name}")).into_bytes(), bytes, "{name}");
    }
    for (name, bytes) in &now {
        assert_eq!(&std::fs::read(project.path(&format!("artifacts/{name}"))).unwrap(), bytes, "{name} is as it was");
    }
    assert_eq!(project.names("lake/etl/runs").len(), runs, "looking back publishes nothing");
    project.run(&["--known-at", "2000-01-01"]).exits(2).says(&["no run had published"]);
    project.run(&["--known-at", "yesterday"]).exits(2).says(&["expected an instant"]);
    project.run(&["--as-of", "2024-04-01", "--stage", "load"]).exits(2).says(&["leave out --stage"]);
}

#[test]
fn what_was_true_at_a_time_leaves_out_what_came_after_it() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.run(&["--as-of", "2024-04-01"]).exits(0);
    let report = |name: &str| table(&project.read(&format!("artifacts/as-of-2024-04-01T00-00-00Z/{name}.csv")));
    let rows = report("balance_rollforward");
    assert!(rows.iter().all(|row| row["month"].as_str() < "2024-04-01"));
    let closing = rows.iter().find(|row| row["month"] == "2024-03-01" && row["balance_id"].contains("00b1")).unwrap();
    assert_eq!(closing["closing_amount"], "7700");
    assert!(report("invoice_status").iter().all(|row| row["issued_date"].as_str() <= "2024-04-01"));
}

#[test]
fn the_difference_of_two_runs_is_told_by_customer_amount_and_cause() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["diff", "previous"]).exits(2).says(&["no run previous"]);
    deliver_late_usage(&project);
    project.run(&[]).exits(0);
    let told = project.etl(&["diff", "previous", "--report", "revenue_schedule"]).exits(0).stdout;
    assert!(told.contains("Customer B1 +12.4 USD: "), "{told}");
    assert!(told.contains("revenue_schedule, recognized_amount of 2024-03: 600 -> 612.4"), "{told}");
    assert!(!told.contains("Customer B2"), "{told}");
    let same = project.etl(&["diff", "latest", "latest"]).exits(0).stdout;
    assert!(same.starts_with("0 differences"), "{same}");
    let lines = project.etl(&["diff", "previous", "latest", "--output", "json"]).exits(0).stdout;
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

/// Delivers the invoice of customer A's first month again, with another total than its lines come to.
fn deliver_another_total(project: &Project) {
    let mut row =
        table(&project.read("landing/egress/invoice.csv")).into_iter().find(|row| row["total"] == "45900").unwrap();
    row.extend(
        [("total", "46900"), ("updated_at", "2025-02-01T00:00:00Z")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let (names, cells): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    project.deliver("late - invoice.csv", format!("{}\n{}\n", names.join(","), cells.join(",")));
}

#[test]
fn the_difference_to_a_blocked_run_names_what_that_run_read_and_each_cause_once() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    deliver_another_total(&project);
    project.run(&[]).exits(3);
    let told = project.etl(&["diff", "previous", "latest"]).exits(0).stdout;
    let cause = "has another total (2024-01)";
    assert_eq!(told.matches(cause).count(), 1, "{told}");
    let heading = told.lines().find(|line| line.contains(cause)).unwrap();
    assert!(heading.starts_with("Customer A: invoice "), "{told}");
    let line =
        told.lines().find(|line| line.contains("reconciliation_exceptions, difference_amount (exception_id=")).unwrap();
    assert!(line.ends_with("): empty -> 10"), "{told}");
    assert!(!told.contains("none of its invoices, ledgers and events changed"), "{told}");
    assert!(
        told.contains("was blocked: its reports are those published before it, but for reconciliation_exceptions"),
        "{told}"
    );

    // Once it is published, the reports that the blocked run left as they were differ by the same cause.
    project.run(&["--stage", "normalize"]).exits(0);
    project.add_settings("checks.LINES_DIFFER_FROM_INVOICE = \"warn\"");
    project.run(&[]).exits(0);
    let runs = project.rows("select run_id from etl.runs order by run_id");
    for (old, new) in [(&runs[1], "latest"), (&runs[0], "latest")] {
        let told = project.etl(&["diff", old, new]).exits(0).stdout;
        assert!(told.contains("invoice_status, total_amount") && told.matches(cause).count() == 1, "{told}");
        assert!(!told.contains("Customer A: none of its invoices, ledgers and events changed"), "{told}");
    }
}

#[test]
fn restatements_that_differ_are_told_like_other_figures() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["close", "2024-03"]).exits(0);
    deliver_late_usage(&project);
    project.run(&[]).exits(0);
    let told = project.etl(&["diff", "previous", "latest"]).exits(0).stdout;
    assert!(told.contains("restatements, difference_amount"), "{told}");
    assert!(told.contains("Customer B1 ") && told.contains("2 lines of invoice"), "{told}");
    let lines = project.etl(&["diff", "previous", "--report", "restatements", "--output", "json"]).exits(0).stdout;
    let moved: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(moved.iter().any(|row| row["figure"] == "difference_amount"), "{lines}");
    assert!(moved.iter().all(|row| row["report"] == "restatements"), "{lines}");
}
