//! The engine against the simulator, over HTTP in one process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use simulator::account::Account;
use simulator::serve::faults::{Fault, Rule};
use simulator::{Options, Server, serve};
use url::Url;

use super::*;
use crate::catalog::endpoint::{Method, PER_CUSTOMER, Paging, Per, Read, Value};
use crate::error::ErrorKind;
use crate::place::journal::{Answer, Reader};
use crate::place::landing::{Landing, Plan, Reading};
use crate::settings::{BaseUrl, Rate};

const TOKEN: &str = "a-token-that-only-tests-use";
const CUSTOMERS_PATH: &str = "/v1/customers";
const INVOICES_PATH: &str = "/v1/customers/*/invoices";

const PER_CONTRACT: &[Per] = &[
    Per { parameter: "customer_id", endpoint: "contracts", field: "customer_id", asked: true },
    Per { parameter: "contract_id", endpoint: "contracts", field: "id", asked: false },
];
/// Small pages, so that few customers make many.
static CUSTOMERS: Endpoint = Endpoint {
    name: "customers",
    path: "/v1/customers",
    passes: &[&[], &[("only_archived", Value::Flag(true))]],
    paging: Paging::Query { limit: Some(2) },
    ..Endpoint::NEW
};
static INVOICES: Endpoint = Endpoint {
    name: "invoices",
    path: "/v1/customers/{customer_id}/invoices",
    per: PER_CUSTOMER,
    parameters: &[("sort", Value::Text("date_desc"))],
    paging: Paging::Query { limit: Some(3) },
    read: Read::NewestFirst { date: "issued_at" },
    ..Endpoint::NEW
};
static BREAKDOWNS: Endpoint = Endpoint {
    name: "invoice_breakdowns",
    path: "/v1/customers/{customer_id}/invoices/breakdowns",
    per: PER_CUSTOMER,
    parameters: &[("window_size", Value::Text("DAY"))],
    read: Read::Days { from: "starting_on", until: "ending_before", step: 20 },
    ..Endpoint::NEW
};
static BALANCES: Endpoint = Endpoint {
    name: "balances",
    method: Method::Post,
    path: "/v1/contracts/customerBalances/list",
    per: PER_CUSTOMER,
    parameters: &[("include_ledgers", Value::Flag(true))],
    paging: Paging::Body { cursor: "next_page", limit: Some(2) },
    ..Endpoint::NEW
};
static CONTRACTS: Endpoint = Endpoint {
    name: "contracts",
    method: Method::Post,
    path: "/v2/contracts/list",
    per: PER_CUSTOMER,
    parameters: &[("include_archived", Value::Flag(true))],
    paging: Paging::Body { cursor: "cursor", limit: Some(1) },
    ..Endpoint::NEW
};
static EDITS: Endpoint = Endpoint {
    name: "contract_edits",
    method: Method::Post,
    path: "/v2/contracts/getEditHistory",
    per: PER_CONTRACT,
    paging: Paging::None,
    ..Endpoint::NEW
};
static PRODUCTS: Endpoint = Endpoint {
    name: "products",
    method: Method::Post,
    path: "/v1/contract-pricing/products/list",
    paging: Paging::Query { limit: Some(10) },
    ..Endpoint::NEW
};
static AUDIT_LOG: Endpoint = Endpoint {
    name: "audit_log",
    path: "/v1/auditLogs",
    parameters: &[("sort", Value::Text("date_asc"))],
    paging: Paging::Log { limit: 100 },
    read: Read::Log,
    ..Endpoint::NEW
};
const ALL: &[&Endpoint] = &[&CUSTOMERS, &INVOICES, &BREAKDOWNS, &BALANCES, &CONTRACTS, &EDITS, &PRODUCTS, &AUDIT_LOG];

struct Stopped(i64);

impl Clock for Stopped {
    fn now_micros(&self) -> i64 {
        self.0
    }
}

/// Settings that wait for nothing longer than a test may.
pub(super) fn api() -> Api {
    Api {
        concurrency: 8,
        attempts: 4,
        request_timeout: Duration::from_secs(10),
        table_timeout: Duration::from_secs(60),
        run_timeout: Duration::from_secs(120),
        body_bytes: 16 << 20,
        ..Api::at(BaseUrl::Simulator)
    }
}

fn options() -> Options {
    Options::new(Account::live(5, 12, 9), TOKEN)
}

fn server(rules: Vec<Rule>) -> Server {
    serve(Options { faults: rules, ..options() }).unwrap()
}

fn begin(folder: &Path, server: &Server) -> Extraction {
    let from = simulator::calendar::date(2024, 3, 1) * 1000;
    let days = Reading { from: Some(from), until: Some(from + 35 * 86_400_000_000), cursor: None };
    let plan = Plan {
        id: "0190".to_owned(),
        began_at: server.now() * 1000,
        base_url: "simulator".to_owned(),
        etl_version: "0".to_owned(),
        endpoints: [("invoice_breakdowns".to_owned(), days)].into(),
    };
    Landing::new(folder).begin(plan).unwrap()
}

async fn read_as(
    token: &str,
    extraction: &mut Extraction,
    server: &Server,
    endpoints: &[&'static Endpoint],
    api: &Api,
) -> Result<Vec<Failure>> {
    let (base_url, token) = (Url::parse(server.base_url()).unwrap(), Token::new(token.to_owned()));
    let clock = Stopped(server.now() * 1000);
    let with = Extract { endpoints, api, base_url: &base_url, token: &token, clock: &clock, after: clock.0 + 77 };
    extract(extraction, with).await
}

async fn read(
    extraction: &mut Extraction,
    server: &Server,
    endpoints: &[&'static Endpoint],
    api: &Api,
) -> Result<Vec<Failure>> {
    read_as(TOKEN, extraction, server, endpoints, api).await
}

/// An extraction that has been read.
struct Under {
    failures: Result<Vec<Failure>>,
    extraction: Extraction,
    server: Server,
    _folder: tempfile::TempDir,
}

/// A whole extraction under these faults.
async fn under(rules: Vec<Rule>, api: &Api) -> Under {
    let server = server(rules);
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let failures = read(&mut extraction, &server, &[&CUSTOMERS, &INVOICES, &PRODUCTS], api).await;
    Under { failures, extraction, server, _folder: folder }
}

fn answers(extraction: &Extraction, endpoint: &str) -> Vec<Answer> {
    let mut reader = Reader::open(&extraction.journal(endpoint)).unwrap();
    let mut answers = Vec::new();
    while let Some(answer) = reader.next_answer().unwrap() {
        answers.push(answer);
    }
    answers
}

/// The ids of all rows.
fn ids(extraction: &Extraction, endpoint: &str) -> BTreeSet<String> {
    let rows = |answer: Answer| {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        body["data"].as_array().cloned().unwrap_or_default()
    };
    answers(extraction, endpoint).into_iter().flat_map(rows).map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn pages(extraction: &Extraction, endpoints: &[&Endpoint]) -> Vec<(String, String, u32)> {
    let of = |endpoint: &&Endpoint| {
        let name = endpoint.name.to_owned();
        answers(extraction, endpoint.name)
            .into_iter()
            .map(move |answer| (name.clone(), answer.about.series, answer.about.page))
    };
    endpoints.iter().flat_map(of).collect()
}

/// Each failed endpoint with its exit code.
fn failed(failures: &Result<Vec<Failure>>) -> BTreeMap<&'static str, u8> {
    failures.as_ref().unwrap().iter().map(|failure| (failure.endpoint, failure.error.exit_code())).collect()
}

fn rule(path: &str, fault: Fault) -> Rule {
    Rule::new(path, fault)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_asked_once_and_kept_as_it_was_received() {
    let server = server(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    assert_eq!(read(&mut extraction, &server, ALL, &api()).await, Ok(Vec::new()));
    let count = server.counts().total();
    assert_eq!((count.requests, count.repeated), (count.answered, 0));

    let ended = Landing::new(folder.path()).extractions().unwrap().remove(0).ended.unwrap();
    let written: u64 = ended.endpoints.values().map(|outcome| outcome.answers).sum();
    let sent: u64 = ended.endpoints.values().map(|outcome| outcome.requests).sum();
    assert_eq!((written, sent), (count.requests, count.requests));
    assert!(ended.endpoints.values().all(|outcome| outcome.error.is_none()));

    let customers = ids(&extraction, "customers");
    assert_eq!(customers.len(), server.account().customers.len());
    assert_eq!(ended.endpoints["customers"].rows, customers.len() as u64);
    let all = pages(&extraction, ALL);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    let series = |name: &str| all.iter().filter(|(endpoint, _, page)| endpoint == name && *page == 1).count();
    assert_eq!([series("invoices"), series("balances")], [customers.len(); 2]);
    assert_eq!(series("invoice_breakdowns"), 2 * customers.len(), "35 days are two steps of 20");
    assert_eq!(series("contract_edits"), ids(&extraction, "contracts").len());
    assert!(all.iter().any(|(endpoint, _, page)| endpoint == "invoices" && *page > 2), "lists have pages");

    let mut received: Vec<_> = ALL.iter().flat_map(|endpoint| answers(&extraction, endpoint.name)).collect();
    received.sort_by_key(|answer| answer.about.received_at);
    assert!(received.windows(2).all(|pair| pair[0].about.received_at < pair[1].about.received_at));
    assert!(received[0].about.received_at > server.now() * 1000 + 77);
    assert!(ended.ended_at > received.last().unwrap().about.received_at);
    assert!(received.iter().all(|answer| answer.about.status == 200 && answer.about.sha256.len() == 64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_taken_up_where_it_was_left_off() {
    let server = server(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let mut first = begin(folder.path(), &server);
    read(&mut first, &server, &[&AUDIT_LOG], &api()).await.unwrap();
    let outcome = first.ended.clone().unwrap().endpoints.remove("audit_log").unwrap();
    assert!(outcome.rows > 0 && outcome.cursor.is_some());
    let mut plan = first.plan.clone();
    plan.id = "0191".to_owned();
    plan.endpoints.insert("audit_log".to_owned(), Reading { cursor: outcome.cursor.clone(), ..Reading::default() });
    let mut second = Landing::new(folder.path()).begin(plan).unwrap();
    read(&mut second, &server, &[&AUDIT_LOG], &api()).await.unwrap();
    let again = second.ended.unwrap().endpoints.remove("audit_log").unwrap();
    assert_eq!((again.rows, again.requests, again.cursor), (0, 1, outcome.cursor));
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_read_back_to_a_date_and_no_further() {
    let server = server(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    read(&mut extraction, &server, &[&CUSTOMERS, &INVOICES], &api()).await.unwrap();
    let all = extraction.ended.clone().unwrap().endpoints["invoices"].requests;
    let mut plan = extraction.plan.clone();
    plan.id = "0191".to_owned();
    let from = (server.now() - 20 * simulator::calendar::DAY) * 1000;
    plan.endpoints.insert("invoices".to_owned(), Reading { from: Some(from), ..Reading::default() });
    let mut newest = Landing::new(folder.path()).begin(plan).unwrap();
    read(&mut newest, &server, &[&CUSTOMERS, &INVOICES], &api()).await.unwrap();
    let some = newest.ended.clone().unwrap().endpoints["invoices"].requests;
    assert!(some < all, "{some} of {all}");
    let drafts = |extraction: &Extraction| {
        let bodies = answers(extraction, "invoices").into_iter().map(|answer| String::from_utf8(answer.body).unwrap());
        bodies.map(|body| body.matches("\"DRAFT\"").count()).sum::<usize>()
    };
    assert_eq!(drafts(&newest), drafts(&extraction), "every draft is read whatever its date");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extraction_that_is_cut_off_again_and_again_repeats_nothing_that_counts() {
    let server = serve(Options { latency: Duration::from_millis(4), ..options() }).unwrap();
    let undisturbed = tempfile::tempdir().unwrap();
    let mut whole = begin(undisturbed.path(), &server);
    read(&mut whole, &server, ALL, &api()).await.unwrap();
    let expected: BTreeSet<_> = pages(&whole, ALL).into_iter().collect();

    let server = serve(Options { latency: Duration::from_millis(4), ..options() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let mut cuts = 0;
    for milliseconds in (5..).step_by(9).take(200) {
        let time = Duration::from_millis(milliseconds);
        match tokio::time::timeout(time, read(&mut extraction, &server, ALL, &api())).await {
            Ok(read) => {
                assert_eq!(read, Ok(Vec::new()));
                break;
            }
            Err(_) => cuts += 1,
        }
    }
    assert!(cuts > 3, "cut off {cuts} times");
    let ended = extraction.ended.clone().unwrap();
    let pages = pages(&extraction, ALL);
    assert_eq!(pages.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(pages.len(), expected.len(), "no page is kept twice");
    assert_eq!(ended.endpoints.values().map(|outcome| outcome.answers).sum::<u64>(), expected.len() as u64);
    assert_eq!(ended.endpoints["audit_log"].cursor, whole.ended.unwrap().endpoints["audit_log"].cursor);
    let repeated = server.counts().total().repeated;
    assert!(repeated <= cuts * api().concurrency as u64, "{repeated} repeated in {cuts} cuts");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_itself_is_sent_again_and_nothing_is_missing() {
    let undisturbed = under(Vec::new(), &api()).await;
    let expected = ids(&undisturbed.extraction, "invoices");
    let quick = |fault| Rule { retry_after_ms: Some("1".to_owned()), times: 2, ..rule(INVOICES_PATH, fault) };
    let customer = Some("customer".to_owned());
    let slow = Rule { ms: Some(600), ..rule(INVOICES_PATH, Fault::Slow) };
    let dribble = Rule { ms: Some(300), bytes: Some(999), ..rule(INVOICES_PATH, Fault::Dribble) };
    let impatient = Api { request_timeout: Duration::from_millis(400), ..api() };
    for (name, rule, api, resent) in [
        ("client", quick(Fault::TooMany), api(), 2),
        ("customer", Rule { limit: customer, ..quick(Fault::TooMany) }, api(), 2),
        ("5xx", Rule { status: Some(503), ..quick(Fault::Status) }, api(), 2),
        ("408", Rule { status: Some(408), ..quick(Fault::Status) }, api(), 2),
        ("drop", rule(INVOICES_PATH, Fault::Drop), api(), 1),
        ("truncated", rule(INVOICES_PATH, Fault::Truncate), api(), 1),
        ("html", rule(INVOICES_PATH, Fault::Html), api(), 1),
        ("error object", rule(INVOICES_PATH, Fault::ErrorObject), api(), 1),
        ("slow", slow, impatient.clone(), 1),
        ("dribble", dribble, impatient, 1),
        ("over long", rule(INVOICES_PATH, Fault::OverLong), api(), 0),
        ("padded", rule(INVOICES_PATH, Fault::Padded), api(), 0),
        ("huge page", rule(INVOICES_PATH, Fault::HugePage), api(), 0),
        ("duplicated page", rule(INVOICES_PATH, Fault::DuplicatedPage), api(), 0),
        ("empty page", rule(INVOICES_PATH, Fault::EmptyPage), api(), 0),
        ("moved row", rule(INVOICES_PATH, Fault::MovedRow), api(), 0),
        ("cursor cycle at the first page", rule(INVOICES_PATH, Fault::CursorCycle), api(), 0),
        ("unknown enum", rule(INVOICES_PATH, Fault::UnknownEnum), api(), 0),
    ] {
        let Under { failures, extraction, _folder, .. } = under(vec![rule], &api).await;
        assert_eq!(failed(&failures), BTreeMap::new(), "{name}");
        assert_eq!(ids(&extraction, "invoices"), expected, "{name}");
        let outcome = &extraction.ended.unwrap().endpoints["invoices"];
        assert_eq!(outcome.requests - outcome.answers, resent, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_pass_fails_its_table_and_no_other() {
    let always = |fault| Rule { times: 0, retry_after_ms: Some("1".to_owned()), ..rule(INVOICES_PATH, fault) };
    let status = |status| Rule { status: Some(status), ..always(Fault::Status) };
    // The second page of the first customer, so that a cycle does not lead to the page that asked.
    let later = |fault| Rule { times: 0, nth: 14, ..rule(INVOICES_PATH, fault) };
    let no = |status: u16| Rule {
        headers: [("x-should-retry".to_owned(), "false".to_owned())].into(),
        ..self::status(status, 0)
    };
    for (name, rule, exit, says) in [
        ("5xx", status(500), 75, "status 500: something went wrong (sent 4 times)"),
        ("5xx, do not retry", no(500), 75, "sent once"),
        ("client", always(Fault::TooMany), 75, "status 429"),
        ("400", status(400), 3, "was refused: status 400: something went wrong"),
        ("404 of a customer is none", status(404), 0, ""),
        ("drop", always(Fault::Drop), 75, "was not answered"),
        ("truncated", always(Fault::Truncate), 75, "was not answered"),
        ("html", always(Fault::Html), 75, "text/html and not with JSON"),
        ("error object", always(Fault::ErrorObject), 3, "has no `data`"),
        ("redirect", always(Fault::Redirect), 1, "302, a redirect to elsewhere.invalid"),
        ("repeated cursor", always(Fault::RepeatedCursor), 3, "cursor"),
        ("cursor cycle", later(Fault::CursorCycle), 3, "cursor"),
        ("duplicated pages", always(Fault::DuplicatedPage), 3, "cursor"),
        ("empty pages", always(Fault::EmptyPage), 3, "cursor"),
        ("padded", Rule { bytes: Some(64 << 10), ..always(Fault::Padded) }, 3, "more than"),
    ] {
        let api = Api { body_bytes: 60_000, ..api() };
        let Under { failures, extraction, _folder, .. } = under(vec![rule], &api).await;
        let expected = if exit == 0 { BTreeMap::new() } else { [("invoices", exit)].into() };
        assert_eq!(failed(&failures), expected, "{name}");
        let ended = extraction.ended.unwrap();
        assert!(ended.endpoints["products"].error.is_none() && ended.endpoints["customers"].error.is_none(), "{name}");
        let error = ended.endpoints["invoices"].error.clone().unwrap_or_default();
        assert!(error.contains(says), "{name}: {error}");
    }
}

fn status(status: u16, times: u64) -> Rule {
    Rule { status: Some(status), times, ..rule(INVOICES_PATH, Fault::Status) }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_customers_nothing_that_needs_them_is_asked() {
    let Under { failures, server, .. } =
        under(vec![Rule { status: Some(400), ..rule(CUSTOMERS_PATH, Fault::Status) }], &api()).await;
    assert_eq!(failed(&failures), [("customers", 3), ("invoices", 3)].into());
    assert_eq!(server.counts().of("GET /v1/customers/{customer_id}/invoices").requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_accepted_stops_everything_and_leaves_the_extraction_open() {
    let server =
        serve(Options { limited: vec![("limited-token-of-tests".into(), vec![CUSTOMERS_PATH.into()])], ..options() })
            .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let refused = read_as("another-token-of-tests", &mut extraction, &server, ALL, &api()).await.unwrap_err();
    assert_eq!((refused.kind(), extraction.ended.is_none()), (ErrorKind::Auth, true));
    assert!(refused.report().contains("METRONOME_BEARER_TOKEN"), "{}", refused.report());
    let denied = read_as("limited-token-of-tests", &mut extraction, &server, ALL, &api()).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Auth);
    assert!(denied.report().contains("may not read") && denied.report().contains("--table"), "{}", denied.report());
    assert!(Landing::new(folder.path()).extractions().unwrap()[0].ended.is_none());
    assert_eq!(read(&mut extraction, &server, ALL, &api()).await, Ok(Vec::new()), "with the right one it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_can_be_tried_with_one_request() {
    let allowed = vec![CUSTOMERS_PATH.into(), "/v2/contracts/".into(), "/v1/auditLogs".into()];
    let server = serve(Options { limited: vec![("limited-token-of-tests".into(), allowed)], ..options() }).unwrap();
    let base_url = Url::parse(server.base_url()).unwrap();
    let try_with = async |token: &str| {
        let token = Token::new(token.to_owned());
        probe(ALL, &api(), &base_url, &token, server.now() * 1000).await
    };
    let said = try_with("limited-token-of-tests").await.unwrap();
    let denied: Vec<_> =
        said.iter().filter(|one| matches!(one.answer, Probe::Denied(_))).map(|one| one.endpoint).collect();
    assert_eq!(denied, ["products", "balances"]);
    let answer = |endpoint: &str| said.iter().find(|one| one.endpoint == endpoint).map(|one| one.answer.clone());
    for readable in ["customers", "invoices", "invoice_breakdowns", "contracts", "audit_log"] {
        assert_eq!(answer(readable), Some(Probe::Readable), "{readable}");
    }
    // The first customer has no contract.
    assert_eq!(answer("contract_edits"), Some(Probe::NothingToAskFor("contracts")));
    assert_eq!((said.len() as u64, server.counts().total().requests), (ALL.len() as u64, ALL.len() as u64 - 1));
    assert_eq!(try_with("another-token-of-tests").await.unwrap_err().kind(), ErrorKind::Auth);
    let alone = probe(&[&INVOICES], &api(), &base_url, &Token::new(TOKEN.into()), 0).await.unwrap();
    assert_eq!(alone[0].answer, Probe::NothingToAskFor("customers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_cannot_be_reached_leaves_the_extraction_open() {
    let server = server(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let api = Api { attempts: 2, ..api() };
    // Nothing listens there.
    let base_url = Url::parse("http://127.0.0.1:1").unwrap();
    let (token, clock) = (Token::new(TOKEN.to_owned()), Stopped(0));
    let with = Extract { endpoints: ALL, api: &api, base_url: &base_url, token: &token, clock: &clock, after: 0 };
    let error = extract(&mut extraction, with).await.unwrap_err();
    assert_eq!((error.kind(), extraction.ended.is_none()), (ErrorKind::Temporary, true));
    assert!(error.to_string().contains("cannot be reached"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_end_a_table_or_the_run() {
    let slow = || Rule { times: 0, ms: Some(3000), ..rule(INVOICES_PATH, Fault::Slow) };
    let impatient = Api { table_timeout: Duration::from_millis(700), ..api() };
    let Under { failures, extraction, _folder, .. } = under(vec![slow()], &impatient).await;
    assert_eq!(failed(&failures), [("invoices", 75)].into());
    assert!(extraction.ended.unwrap().endpoints["products"].error.is_none());
    let impatient = Api { run_timeout: Duration::from_millis(700), ..api() };
    let Under { failures, extraction, _folder, .. } = under(vec![slow()], &impatient).await;
    let error = failures.unwrap_err();
    assert!(error.kind() == ErrorKind::Temporary && error.report().contains("goes on"), "{}", error.report());
    assert!(extraction.ended.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_has_one_budget_of_requests_that_are_sent_again() {
    let api = Api { retry_budget: 3, ..api() };
    let Under { failures, extraction, _folder, .. } =
        under(vec![Rule { retry_after_ms: Some("1".into()), ..status(500, 0) }], &api).await;
    assert_eq!(failed(&failures), [("invoices", 75)].into());
    let ended = extraction.ended.unwrap();
    let sent: u64 = ended.endpoints.values().map(|outcome| outcome.requests).sum();
    let answered: u64 = ended.endpoints.values().map(|outcome| outcome.answers).sum();
    assert!(sent - answered <= 3 + api.concurrency as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_expires_begins_its_series_again_once() {
    // With one request at a time, the second page of the first customer.
    let expired = |times| Rule { nth: 2, ..status(400, times) };
    let Under { failures, extraction, _folder, .. } = under(vec![expired(1)], &Api { concurrency: 1, ..api() }).await;
    assert_eq!(failed(&failures), BTreeMap::new());
    let pages = pages(&extraction, &[&INVOICES]);
    let twice = pages.len() - pages.iter().collect::<BTreeSet<_>>().len();
    assert!(twice >= 1, "the pages before are kept, and come again");
    let undisturbed = under(Vec::new(), &api()).await;
    assert_eq!(ids(&extraction, "invoices"), ids(&undisturbed.extraction, "invoices"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_customer_holds_up_nobody_else() {
    let limited = Rule {
        limit: Some("customer".into()),
        retry_after_ms: Some("1500".into()),
        ..rule(INVOICES_PATH, Fault::TooMany)
    };
    let Under { failures, extraction, _folder, .. } = under(vec![limited], &Api { concurrency: 1, ..api() }).await;
    assert_eq!(failed(&failures), BTreeMap::new());
    let answers = answers(&extraction, "invoices");
    let customers = ids(&extraction, "customers").len();
    let last: BTreeSet<_> = answers.iter().rev().map(|answer| answer.about.series.clone()).collect();
    assert_eq!(last.len(), customers);
    let waited = &answers.last().unwrap().about.series;
    let first = answers.iter().position(|answer| answer.about.series == *waited).unwrap();
    let others: BTreeSet<_> = answers[..first].iter().map(|answer| &answer.about.series).collect();
    assert_eq!(others.len(), customers - 1, "the others were read meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_budget_is_not_overdrawn() {
    let server = serve(Options { rate: Some(50), ..options() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let api = Api { rate: Some(Rate { requests: 50.try_into().unwrap(), per: Duration::from_secs(1) }), ..api() };
    assert_eq!(read(&mut extraction, &server, ALL, &api).await, Ok(Vec::new()));
    assert_eq!(server.counts().total().limited, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_limit_it_slows_down_and_comes_through() {
    let server = serve(Options { rate: Some(40), ..options() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let api = Api { attempts: 10, ..api() };
    assert_eq!(read(&mut extraction, &server, ALL, &api).await, Ok(Vec::new()));
    let count = server.counts().total();
    assert!(count.limited > 0 && count.limited < count.requests / 3, "{count:?}");
}

#[test]
fn parents_come_before_what_needs_them() {
    let names: Vec<_> = with_parents(&[&EDITS, &INVOICES], ALL.iter().copied()).iter().map(|one| one.name).collect();
    assert_eq!(names, ["customers", "contracts", "contract_edits", "invoices"]);
}

#[test]
fn a_plan_says_how_many_series_there_are_for_each_row() {
    let days = Reading { from: Some(0), until: Some(35 * 86_400_000_000), cursor: None };
    let said = planned(&[&CUSTOMERS, &BREAKDOWNS], |_| Some(&days)).unwrap();
    let short: Vec<_> = said.iter().map(|one| (one.per, one.series, one.is_part)).collect();
    assert_eq!(short, [(None, 2, false), (Some("customers"), 2, true)]);
    assert!(planned(&[&BREAKDOWNS], |_| None).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_the_token_in_it_reaches_no_journal_and_no_message() {
    let token = options().account.customers[3].id.clone();
    let server = serve(Options { token: token.clone(), ..options() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut extraction = begin(folder.path(), &server);
    let failures = read_as(&token, &mut extraction, &server, &[&CUSTOMERS], &api()).await;
    assert_eq!(failed(&failures), [("customers", 3)].into());
    assert!(!format!("{failures:?}{:?}", extraction.ended).contains(&token));
    let kept = answers(&extraction, "customers");
    assert!(kept.iter().all(|answer| !String::from_utf8_lossy(&answer.body).contains(&token)));
}
