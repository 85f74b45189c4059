//! `etl compact`: what nothing needs any more goes, and everything else can be asked for as before.

use crate::close::{cloudnet, deliver_late_usage};
use crate::project::{Outcome, Project};

/// An account of three runs, the first of which is closed on where `is_closed`.
fn told_later(is_closed: bool) -> Project {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    if is_closed {
        project.etl(&["close", "2024-03"]).exits(0);
    }
    deliver_late_usage(&project);
    project.run(&[]).exits(0);
    project
}

fn says(outcome: Outcome, words: &str) {
    assert!(outcome.stdout.contains(words), "{words:?} is not said in: {}", outcome.stdout);
}

fn csvs(project: &Project) -> Vec<(String, Vec<u8>)> {
    project.files("artifacts").into_iter().filter(|(name, _)| name.ends_with(".csv")).collect()
}

fn run_at(project: &Project, place: usize) -> (String, String) {
    let rows = project.rows("select run_id, started_at from etl.runs order by started_at");
    let (run, at) = rows[place].split_once(',').unwrap();
    (run.to_owned(), at.to_owned())
}

fn lake(project: &Project) -> Vec<(String, Vec<u8>)> {
    project.files("lake").into_iter().filter(|(name, _)| name != "_lock").collect()
}

#[test]
fn what_was_published_in_the_days_to_keep_stays_and_a_look_removes_nothing() {
    let project = told_later(false);
    let before = lake(&project);
    let looked = || project.etl(&["compact", "--dry-run", "--keep-days", "0"]).exits(0);
    says(looked(), "would remove");
    says(looked(), "1 run before can no longer be asked for");
    says(project.etl(&["compact"]).exits(0), "nothing is to be removed");
    assert!(lake(&project) == before, "a look, or what finds nothing, leaves the lake byte for byte");
    let (_, first) = run_at(&project, 0);
    project.run(&["--known-at", &first]).exits(0);
}

#[test]
fn what_only_older_runs_published_goes_and_whoever_asks_for_it_is_told_so() {
    let project = told_later(false);
    let (reports, invoices) = (csvs(&project), project.sql("select * from egress.line_item order by id"));
    let ((first, known_at), (second, _)) = (run_at(&project, 0), run_at(&project, 1));
    let before = lake(&project);
    let summary = project.etl(&["compact", "--keep-days", "0", "--output", "json"]).exits(0).json();
    let gone: Vec<_> = before.iter().filter(|(name, _)| !project.path("lake").join(name).exists()).collect();
    assert_eq!(summary["files"], gone.len(), "{summary}");
    assert_eq!(summary["bytes"], gone.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    assert!(gone.iter().any(|(name, _)| name.starts_with("egress/line_item/")), "{gone:?}");
    assert!(gone.iter().all(|(name, _)| !name.contains("_delta_log")), "{gone:?}");

    let told = ["is not kept", "`etl compact` removed files", "hint: `etl compact --keep-days`"];
    project.run(&["--known-at", &known_at]).exits(2).says(&told);
    project.etl(&["diff", &first, &second]).exits(2).says(&told);
    // Everything else is as it was, and a run finds nothing to do.
    assert_eq!(project.sql("select * from egress.line_item order by id"), invoices);
    project.run(&[]).exits(0);
    assert!(csvs(&project) == reports);
    project.run(&["--full-refresh"]).exits(0);
    assert!(csvs(&project) == reports);
    says(project.etl(&["compact"]).exits(0), "nothing is to be removed");
}

#[test]
fn a_close_can_be_made_again_whatever_was_removed() {
    let project = told_later(true);
    let pack = project.files("closes/2024-03");
    project.etl(&["compact", "--keep-days", "0"]).exits(0);
    std::fs::remove_dir_all(project.path("closes/2024-03")).unwrap();
    project.etl(&["close", "2024-03"]).exits(0);
    assert!(project.files("closes/2024-03") == pack, "the same bytes");
    deliver_late_usage(&project);
    project.run(&[]).exits(0);
}

#[test]
fn the_records_of_many_runs_become_one_file_and_say_the_same() {
    let project = cloudnet("as_meant");
    project.run(&["--stage", "normalize"]).exits(0);
    let late = |number: usize| format!("id,name,updated_at\nlate-{number},Late {number},2024-04-01\n");
    for number in 0..25 {
        project.deliver(&format!("customer/dt=2024-04-01/{number}_20240402040000.csv"), late(number));
        project.run(&["--stage", "normalize"]).exits(0);
    }
    let asked = "select run_id, stage, receipts from etl.runs where stage <> 'compact' order by run_id";
    let records = project.sql(asked);
    project.etl(&["compact"]).exits(0);
    assert_eq!(project.names("lake/etl/runs").into_iter().filter(|name| name.ends_with(".parquet")).count(), 1);
    assert_eq!(project.sql(asked), records);
    project.run(&[]).exits(0);
    let newest = project.rows("select stage from etl.runs order by run_id desc limit 2");
    assert_eq!(newest, ["all", "compact"]);
}

#[test]
fn a_table_that_somebody_else_wrote_to_is_left_as_it_is_and_named() {
    let project = told_later(false);
    let log = project.path("lake/egress/line_item/_delta_log");
    std::fs::write(log.join("_last_checkpoint"), "{\"version\":0,\"size\":1}").unwrap();
    let names = project.names("lake/egress/line_item");
    let compacted = project.etl(&["compact", "--keep-days", "0"]).exits(0);
    says(compacted, "somebody else wrote to their logs: egress.line_item");
    assert_eq!(project.names("lake/egress/line_item"), names);
}
