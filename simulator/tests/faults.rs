//! Every fault of a script, seen from the other end of the wire.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde_json::Value;
use simulator::account::Account;
use simulator::serve::faults::{Fault, Rule};
use simulator::{Options, Server, serve};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use support::{Reply, ask_as, get, post};

const LIST: &str = "/v1/customers";

fn server() -> Server {
    serve(Options::new(Account::live(5, 40, 2), "test")).unwrap()
}

fn with(rule: Rule) -> (Server, Reply) {
    let server = server();
    server.set_faults(vec![rule]);
    let reply = get(server.base_url(), "/v1/customers?limit=10");
    (server, reply)
}

fn simple(fault: Fault) -> Reply {
    with(Rule::new(LIST, fault)).1
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn page(server: &Server, cursor: Option<&str>) -> Value {
    let cursor = cursor.map_or(String::new(), |cursor| format!("&next_page={cursor}"));
    get(server.base_url(), &format!("/v1/customers?limit=10{cursor}")).json()
}

/// The ids of the pages that a caller who follows every cursor sees, the first request being the one at fault.
fn followed(fault: Fault) -> Vec<Vec<String>> {
    let server = server();
    server.set_faults(vec![Rule::new(LIST, fault)]);
    let (mut pages, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..20 {
        let one = page(&server, cursor.as_deref());
        pages.push(ids(&one));
        cursor = one["next_page"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    pages
}

fn distinct(pages: &[Vec<String>]) -> usize {
    pages.iter().flatten().collect::<BTreeSet<_>>().len()
}

#[test]
fn too_many_requests_come_with_and_without_a_time_to_wait() {
    let bare = simple(Fault::TooMany);
    assert_eq!((bare.status, bare.header("retry-after")), (429, None));
    assert_eq!(bare.header("x-metronome-rate-limit-type").as_deref(), Some("client"));
    let rule = Rule {
        limit: Some("customer".into()),
        retry_after: Some("2".into()),
        retry_after_ms: Some("1500".into()),
        headers: [("x-should-retry".to_owned(), "false".to_owned())].into(),
        ..Rule::new(LIST, Fault::TooMany)
    };
    let (server, full) = with(rule);
    assert_eq!(full.header("x-metronome-rate-limit-type").as_deref(), Some("customer"));
    assert_eq!(full.header("retry-after").as_deref(), Some("2"));
    assert_eq!(full.header("retry-after-ms").as_deref(), Some("1500"));
    assert_eq!(full.header("x-should-retry").as_deref(), Some("false"));
    assert_eq!(get(server.base_url(), LIST).status, 200);
    assert_eq!(server.counts().of("GET /v1/customers").faulted, 1);
}

#[test]
fn a_burst_of_server_errors_ends() {
    let (server, first) = with(Rule { status: Some(503), times: 2, ..Rule::new(LIST, Fault::Status) });
    let rest: Vec<u16> = (0..2).map(|_| get(server.base_url(), LIST).status).collect();
    assert_eq!((first.status, rest), (503, vec![503, 200]));
}

#[test]
fn a_failure_is_replayed_for_its_idempotency_key() {
    let server = server();
    server.set_faults(vec![Rule::new("/v1/usage", Fault::Status)]);
    let body = "{\"window_size\":\"none\",\"starting_on\":\"2024-03-01T00:00:00Z\",\"ending_before\":\"2024-03-02T00:00:00Z\"}";
    let with_key = |key: &str| {
        ask_as(server.base_url(), Some("test"), "POST", "/v1/usage", body, &format!("idempotency-key: {key}\r\n"))
            .status
    };
    assert_eq!([with_key("one"), with_key("one"), with_key("two")], [500, 500, 200]);
}

#[test]
fn a_slow_answer_waits_before_its_first_byte() {
    let begun = Instant::now();
    let (_, reply) = with(Rule { ms: Some(300), ..Rule::new(LIST, Fault::Slow) });
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(reply.status, 200);
}

#[test]
fn a_dribbled_body_comes_whole_in_the_end() {
    let begun = Instant::now();
    let (_, reply) = with(Rule { ms: Some(20), bytes: Some(500), ..Rule::new(LIST, Fault::Dribble) });
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(reply.json()["data"].as_array().unwrap().len(), 10);
}

#[test]
fn a_dropped_connection_says_nothing_and_the_next_one_answers() {
    let (server, reply) = with(Rule::new(LIST, Fault::Drop));
    assert_eq!((reply.status, reply.body.len()), (0, 0));
    assert_eq!(get(server.base_url(), LIST).status, 200);
}

#[test]
fn a_truncated_body_is_shorter_than_its_head_says_and_an_over_long_one_longer() {
    let short = simple(Fault::Truncate);
    let said = |reply: &Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap();
    assert!(!short.whole && short.body.len() < said(&short));
    let long = simple(Fault::OverLong);
    assert!(!long.whole && long.body.len() > said(&long));
    let (_, padded) = with(Rule { bytes: Some(100_000), ..Rule::new(LIST, Fault::Padded) });
    assert!(padded.whole && padded.body.len() > 100_000);
}

#[test]
fn html_and_an_error_object_come_with_200() {
    let html = simple(Fault::Html);
    assert_eq!((html.status, html.header("content-type").unwrap().starts_with("text/html")), (200, true));
    let error = simple(Fault::ErrorObject);
    assert!(error.status == 200 && error.json()["message"].is_string() && error.json().get("data").is_none());
}

#[test]
fn a_redirect_leads_to_another_host() {
    let reply = simple(Fault::Redirect);
    assert_eq!(
        (reply.status, reply.header("location").unwrap()),
        (302, "https://elsewhere.invalid/v1/customers".into())
    );
}

#[test]
fn a_repeated_cursor_leads_to_the_same_page() {
    let server = server();
    server.set_faults(vec![Rule { times: 0, ..Rule::new(LIST, Fault::RepeatedCursor) }]);
    let first = page(&server, None);
    let second = page(&server, first["next_page"].as_str());
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(first["next_page"], second["next_page"]);
}

#[test]
fn a_cycle_of_cursors_comes_back_to_the_first_page() {
    let server = server();
    server.set_faults(vec![Rule { nth: 2, ..Rule::new(LIST, Fault::CursorCycle) }]);
    let first = page(&server, None);
    let second = page(&server, first["next_page"].as_str());
    assert_ne!(ids(&first), ids(&second));
    assert_eq!(ids(&page(&server, second["next_page"].as_str())), ids(&first));
}

#[test]
fn pages_that_repeat_or_lose_rows_still_end() {
    let honest = followed(Fault::Slow);
    assert_eq!((distinct(&honest), honest.len()), (39, 4));
    let twice = followed(Fault::DuplicatedPage);
    assert_eq!((distinct(&twice), twice.len(), twice[0] == twice[1]), (39, 5, true));
    let empty = followed(Fault::EmptyPage);
    assert_eq!((distinct(&empty), empty.len(), empty[0].len()), (39, 5, 0));
    let moved = followed(Fault::MovedRow);
    assert_eq!((distinct(&moved), moved[0].last() == moved[1].first()), (39, true));
    assert_eq!(distinct(&followed(Fault::LostRow)), 38);
}

#[test]
fn a_huge_page_ignores_the_limit() {
    assert_eq!(simple(Fault::HugePage).json()["data"].as_array().unwrap().len(), 39);
}

#[test]
fn fields_can_have_unknown_values_other_types_or_be_missing() {
    let server = server();
    let path = format!("/v1/customers/{}/invoices", server.account().customers[4].id);
    let first = |fault, field: Option<&str>| {
        server
            .set_faults(vec![Rule { field: field.map(str::to_owned), ..Rule::new("/v1/customers/*/invoices", fault) }]);
        get(server.base_url(), &path).json()["data"][0].clone()
    };
    assert_eq!(first(Fault::UnknownEnum, None)["status"], "SUPERSEDED");
    let changed = first(Fault::ChangedType, None);
    assert!(changed["total"].is_string() && changed["line_items"][0]["total"].is_string());
    assert!(first(Fault::MissingField, Some("customer_id")).get("customer_id").is_none());
}

#[test]
fn a_script_can_be_sent_while_the_server_runs() {
    let server = server();
    let script = "[{\"method\":\"POST\",\"path\":\"/v1/contracts/**\",\"fault\":\"status\",\"status\":502}]";
    assert_eq!(post(server.base_url(), "/_simulator/faults", script).status, 200);
    assert_eq!(post(server.base_url(), "/v1/contracts/list", "{}").status, 502);
    assert_eq!(post(server.base_url(), "/v1/contracts/list", "{}").status, 400);
    assert_eq!(post(server.base_url(), "/_simulator/faults", "[{\"fault\":\"nonsense\"}]").status, 400);
}
