//! What JSON can say that nobody expects: the smallest thing is refused, or it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::account::TOKEN;
use crate::canned::Canned;
use crate::project::{Outcome, Project};

const USD: &str = r#""credit_type":{"id":"2714e483-4ff1-48e4-9e25-ac732e8f24f2","name":"USD (cents)"}"#;

/// A project that reads customers and invoices of whoever answers: by path, a status and the rows listed.
fn project(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> (Project, Canned) {
    let server = Canned::new(move |path| {
        let (status, body) = match path.contains("only_archived") {
            true => (200, String::new()),
            false => answer(path),
        };
        let is_whole = body.contains("\"data\"") || status != 200;
        (status, "", if is_whole { body } else { format!("{{\"data\":[{body}],\"next_page\":null}}") })
    });
    let project = Project::new().whole();
    project.add_settings(&format!(
        "source = [\"api\"]\n[api]\nattempts = 1\nconcurrency = 1\ntables = [\"customers\", \"invoices\"]\nbase_url = {:?}",
        server.base_url
    ));
    (project, server)
}

fn run(project: &Project, words: &[&str]) -> Outcome {
    Outcome::of(project.command(&[&["run"], words].concat()).env("METRONOME_BEARER_TOKEN", TOKEN))
}

fn customer(id: &str, name: &str) -> String {
    format!(r#"{{"id":"{id}","name":"{name}","created_at":"2024-01-01T00:00:00Z"}}"#)
}

fn is_list(path: &str) -> bool {
    path.starts_with("/v1/customers?")
}

fn invoice(id: &str, customer: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","customer_id":"{customer}","type":"USAGE","start_timestamp":"2024-03-01T00:00:00Z","end_timestamp":"2024-04-01T00:00:00Z","issued_at":"2024-04-02T00:00:00.123456789Z",{USD},"total":100,{more}}}"#
    )
}

fn line(total: &str) -> String {
    format!(r#"{{"name":"Fee","type":"subscription","total":{total},"quantity":3.3333333333333335e-7,{USD}}}"#)
}

#[test]
fn a_byte_order_mark_half_a_surrogate_pair_other_letters_nanoseconds_and_doubles_are_read() {
    let (project, _server) = project(|path| {
        let lines = line("100");
        let rows = match is_list(path) {
            true => customer("c1", r"Cut in half \ud83d"),
            false => invoice("i1", "c1", &format!(r#""status":"Finalized","line_items":[{lines}]"#)),
        };
        (200, format!("\u{feff}{{\"data\":[{rows}],\"next_page\":null}}"))
    });
    run(&project, &[]).exits(0).says(&["1 number", "rounded"]);
    assert_eq!(project.rows("select name from api.customers"), ["Cut in half \u{fffd}"]);
    assert_eq!(project.rows("select issued_at from api.invoices"), ["2024-04-02T00:00:00.123456Z"]);
    let figures = "select customer_id, finalized_total_amount from customer_summary";
    assert_eq!(project.rows(figures), ["c1,1"]);
}

#[test]
fn a_field_that_stands_twice_with_two_values_is_a_cell_in_quarantine_and_not_the_last_of_them() {
    let (project, _server) = project(|path| match is_list(path) {
        true => (
            200,
            [
                r#"{"id":"c1","created_at":"2024-01-01","name":"One","name":"Other"}"#,
                r#"{"id":"c2","created_at":"2024-01-01","name":"Same","name":"Same"}"#,
            ]
            .join(","),
        ),
        false => (200, String::new()),
    });
    run(&project, &["--stage", "extract"]).exits(3).says(&["api.customers", "`name`"]);
    let cells = "select column_name, pointer from etl.quarantine";
    assert_eq!(project.rows(cells), ["name,/data/0/name"]);
}

#[test]
fn an_invoice_whose_lines_are_null_is_not_one_without_lines() {
    for (lines, code) in [("\"line_items\":null", 3), ("\"line_items\":[]", 3)] {
        let (project, _server) = project(move |path| match is_list(path) {
            true => (200, customer("c1", "A1")),
            false => (200, invoice("i1", "c1", &format!(r#""status":"DRAFT",{lines}"#))),
        });
        run(&project, &[]).exits(code);
        let codes = project.rows("select code, invoice_id from reconciliation_exceptions");
        assert_eq!(codes, ["INVOICE_WITHOUT_LINES,i1"], "{lines}");
    }
}

#[test]
fn a_customer_that_is_listed_and_not_found_is_named_and_blocks_where_figures_of_it_were_published() {
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = is_gone.clone();
    let (project, _server) = project(move |path| {
        let lines = line("100");
        let of = |id: &str, customer: &str| {
            (200, invoice(id, customer, &format!(r#""status":"FINALIZED","line_items":[{lines}]"#)))
        };
        match path {
            path if is_list(path) => {
                (200, [customer("c1", "A1"), customer("c2", "B1"), customer("c3", "C1")].join(","))
            }
            path if path.contains("/c3/") => (404, r#"{"message":"not found"}"#.to_owned()),
            path if path.contains("/c2/") && gone.load(Ordering::Relaxed) => {
                (404, r#"{"message":"not found"}"#.to_owned())
            }
            path if path.contains("/c2/") => of("i2", "c2"),
            _ => of("i1", "c1"),
        }
    });
    let first = run(&project, &[]).exits(0);
    first.says(&["not found", "c3"]);
    assert_eq!(project.rows("select code from reconciliation_exceptions"), ["NOT_FOUND_WHEN_ASKED"]);
    let before = project.artifact("customer_summary");
    is_gone.store(true, Ordering::Relaxed);
    run(&project, &["--full-refresh"]).exits(3).says(&["NOT_FOUND_ANY_MORE"]);
    assert_eq!(project.artifact("customer_summary"), before, "the last good artifacts stay");
    let codes = project.rows("select code, customer_id from reconciliation_exceptions order by code, customer_id");
    assert_eq!(codes, ["NOT_FOUND_ANY_MORE,c2", "NOT_FOUND_WHEN_ASKED,c3"]);
}
