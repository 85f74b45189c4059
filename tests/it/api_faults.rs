//! Everything that can go wrong between here and the API: what is read all the same, and how a run ends that cannot be.

use std::net::TcpListener;
use std::time::Duration;

use simulator::Options;
use simulator::serve::faults::{Fault, Rule};

use crate::account::{Account, TOKEN, assert_same, business, for_good, live};
use crate::canned::Canned;
use crate::project::{Outcome, Project};

const LIST: &str = "/v1/customers";
const INVOICES: &str = "/v1/customers/*/invoices";
const READ: &str = "GET /v1/customers";

/// An account of three pages of customers, which are read one after the other.
fn paged(api: &str) -> Account {
    Account::new(live(250), &format!("concurrency = 1\n{api}"))
}

fn customers(project: &Project) -> Vec<String> {
    project.rows("select count(*), count(distinct id) from api.customers")
}

/// The customers of an account of three pages, read by a run with a fault.
fn read_with(rule: Rule, api: &str) -> (Account, Outcome) {
    let account = paged(api);
    let outcome = account.extract_with("api.customers", rule);
    (account, outcome)
}

/// A fault that passes: all rows are there in the end, none of them twice.
#[track_caller]
fn passes(rule: Rule, api: &str, says: &[&str]) -> Account {
    let (account, outcome) = read_with(rule, api);
    outcome.exits(0).says(says);
    assert_eq!(customers(&account.project), ["250,250"]);
    account
}

/// A fault that does not pass: the exit code, what is said, and nothing of the table in a lake: none is made for it.
#[track_caller]
fn fails(rule: Rule, api: &str, code: i32, says: &[&str]) -> Account {
    let (account, outcome) = read_with(rule, api);
    outcome.exits(code).says(&["error: api.customers", "hint: "]).says(says);
    account.project.etl(&["sql", "-c", "select * from api.customers"]).exits(2).says(&["no lake here"]);
    account
}

#[test]
fn a_limit_of_the_account_makes_every_request_wait_as_long_as_it_says() {
    let rule = || Rule { retry_after: Some("1".into()), ..Rule::new(LIST, Fault::TooMany) };
    for rule in [rule(), Rule { retry_after_ms: Some("1000".into()), retry_after: Some("30".into()), ..rule() }] {
        let account = Account::new(live(12), "concurrency = 4");
        let run = account.extract_with("api.customers,api.plans,raw.*", Rule { path: None, nth: 2, ..rule });
        run.exits(0).says(&["status 429; sent again in 1000 ms"]);
        // Between two answers it may be less: the first may take its time.
        assert!(whole_time(&account.project) >= 1000, "the last answer came before the second was over");
    }
    let account = paged("");
    let run = account.extract_with("api.customers", Rule { times: 2, ..Rule::new(LIST, Fault::TooMany) });
    run.exits(0).says(&["status 429; sent again in "]);
    assert_eq!(customers(&account.project), ["250,250"]);
}

/// From the beginning of the first extraction to the last answer, in milliseconds.
fn whole_time(project: &Project) -> i64 {
    let times = "select cast(max(received_at) as bigint) from raw.api_responses \
                 union all select cast(min(began_at) as bigint) from etl.extractions order by 1";
    let times: Vec<i64> = project.rows(times).iter().map(|time| time.parse().unwrap()).collect();
    (times[1] - times[0]) / 1000
}

#[test]
fn a_limit_of_a_customer_makes_that_customer_s_requests_wait_and_no_others() {
    let account = Account::new(live(12), "concurrency = 1");
    let slow = account.server.account().customers[3].id.clone();
    let rule = Rule {
        limit: Some("customer".into()),
        retry_after: Some("2".into()),
        ..Rule::new(&format!("/v1/customers/{slow}/invoices"), Fault::TooMany)
    };
    account.extract_with("api.invoices,api.balances,raw.*", rule).exits(0).says(&["status 429; sent again in 2000 ms"]);
    let last = |of: &str| -> i64 {
        let query = format!(
            "select cast(max(received_at) as bigint) from raw.api_responses where endpoint <> 'customers' and series {of}"
        );
        account.project.rows(&query)[0].parse().unwrap()
    };
    let (others, its) = (last(&format!("<> 'customer_id={slow}'")), last(&format!("= 'customer_id={slow}'")));
    assert!(its - others > 500_000, "the others were done {} ms before", (its - others) / 1000);
}

#[test]
fn a_server_that_counts_is_asked_as_often_as_it_allows() {
    let options = || Options { rate: Some(20), ..live(40) };
    let kept = Account::new(options(), "rate = \"19/s\"");
    kept.extract("api.invoices").exits(0);
    assert_eq!(kept.server.counts().total().limited, 0, "the rate that is set is kept");
    let told = Account::new(options(), "");
    told.extract("api.invoices").exits(0).says(&["status 429"]);
    assert_same(&business(&told.project, &["invoices"]), &business(&kept.project, &["invoices"]), "invoices");
}

#[test]
fn errors_of_the_server_that_pass_are_waited_out() {
    let account = passes(Rule { status: Some(503), times: 2, ..Rule::new(LIST, Fault::Status) }, "", &["status 503"]);
    assert_eq!(account.server.counts().of(READ).faulted, 2);
    for status in [408, 409, 500, 502, 504] {
        let (_, outcome) = read_with(Rule { status: Some(status), ..Rule::new(LIST, Fault::Status) }, "");
        outcome.exits(0);
    }
}

#[test]
fn errors_of_the_server_that_stay_fail_their_table_and_no_other() {
    let account = Account::new(live(12), "attempts = 2\nconcurrency = 1");
    let tables = "api.customers,api.invoices,api.invoice_line_items,api.plans";
    account.etl(&["run", "--table", tables]).exits(0);
    let (artifacts, versions) = (account.project.files("artifacts"), "select count(*) from etl.runs");
    let before = business(&account.project, &["invoices", "invoice_line_items"]);
    assert_eq!((artifacts.is_empty(), account.project.rows(versions)), (false, vec!["1".to_owned()]));

    account.server.set_now(account.server.now() + 14 * 86_400_000);
    account.server.set_faults(vec![Rule { status: Some(502), nth: 5, ..for_good(INVOICES, Fault::Status) }]);
    let ended = account.etl(&["run", "--table", tables]).exits(75);
    ended.says(&[
        "error: api.invoices (customer_id=",
        ", page 1)",
        "GET /v1/customers/{customer_id}/invoices was answered with status 502",
        "(sent 2 times)",
        "hint: run again later",
    ]);
    assert_same(&business(&account.project, &["invoices", "invoice_line_items"]), &before, "nothing of it is taken");
    assert_eq!(account.project.files("artifacts"), artifacts, "the last good artifacts stay");
    let read = "select endpoint, error is null from etl.extractions e where began_at = (select max(began_at) from etl.extractions) order by 1";
    assert_eq!(account.project.rows(read), ["customers,true", "invoices,false", "plans,true"]);
    assert_eq!(account.project.rows("select status from etl.runs order by run_id"), ["done", "incomplete"]);

    account.server.set_faults(Vec::new());
    account.etl(&["run", "--table", tables]).exits(0);
    assert_ne!(business(&account.project, &["invoices"]).len(), 0);
}

#[test]
fn a_server_that_says_not_to_ask_again_is_not() {
    let headers = [("x-should-retry".to_owned(), "false".to_owned())].into();
    let rule = Rule { headers, status: Some(503), ..for_good(LIST, Fault::Status) };
    let account = fails(rule, "", 75, &["status 503", "(sent once)"]);
    // Two series, each of them once.
    assert!(account.server.counts().of(READ).requests <= 2);
}

#[test]
fn answers_that_do_not_come_or_not_whole_are_asked_for_again() {
    let short = "request_timeout = \"1s\"";
    passes(Rule { ms: Some(2_500), ..Rule::new(LIST, Fault::Slow) }, short, &["no whole answer within 1s"]);
    passes(Rule { ms: Some(200), ..Rule::new(LIST, Fault::Dribble) }, short, &["no whole answer within 1s"]);
    for fault in [Fault::Drop, Fault::Truncate] {
        passes(Rule { nth: 2, ..Rule::new(LIST, fault) }, "", &["customers (page 2): no answer: "]);
    }
    let twice = "attempts = 2";
    let never = &format!("{twice}\n{short}");
    let said = &["GET /v1/customers was not answered", "(sent 2 times)", "page 1"];
    fails(Rule { ms: Some(2_500), ..for_good(LIST, Fault::Slow) }, never, 75, said);
    for fault in [Fault::Drop, Fault::Truncate] {
        fails(for_good(LIST, fault), twice, 75, said);
    }
}

#[test]
fn bytes_behind_an_answer_are_no_part_of_it() {
    passes(Rule { nth: 2, ..Rule::new(LIST, Fault::OverLong) }, "", &[]);
    // White space behind JSON is JSON.
    passes(Rule { bytes: Some(200_000), ..Rule::new(LIST, Fault::Padded) }, "", &[]);
}

#[test]
fn an_answer_that_is_too_large_is_not_taken_and_the_setting_is_named() {
    let rule = Rule { bytes: Some(3 << 20), nth: 2, ..Rule::new(LIST, Fault::Padded) };
    let account = fails(rule, "body = \"1MiB\"", 3, &["page 2", "1048576 bytes", "raise `body` under `[api]`"]);
    account.extract("api.customers").exits(0);
}

#[test]
fn what_is_no_list_is_no_answer() {
    passes(Rule::new(LIST, Fault::Html), "", &["text/html in place of JSON"]);
    let said = &["was answered with text/html and not with JSON", "check `[api] base_url`"];
    fails(for_good(LIST, Fault::Html), "attempts = 2", 75, said);
    passes(Rule::new(LIST, Fault::ErrorObject), "", &["the answer has no `data`"]);
    fails(for_good(LIST, Fault::ErrorObject), "attempts = 2", 3, &["the answer has no `data`", "page 1"]);
}

#[test]
fn a_list_that_leads_back_into_itself_is_not_followed() {
    let said = &["(page 2)", "GET /v1/customers", "the cursor to the next page was given before"];
    fails(Rule { nth: 2, ..Rule::new(LIST, Fault::RepeatedCursor) }, "", 3, said);
    let account = fails(Rule { nth: 3, ..Rule::new(LIST, Fault::CursorCycle) }, "", 3, &["GET /v1/customers"]);
    assert!(account.server.counts().of(READ).requests < 10, "it is noticed at once");
}

#[test]
fn pages_and_rows_that_come_twice_are_there_once() {
    passes(Rule { nth: 2, ..Rule::new(LIST, Fault::DuplicatedPage) }, "", &["a page came twice, by different cursors"]);
    passes(Rule { nth: 1, ..Rule::new(LIST, Fault::MovedRow) }, "", &[]);
    passes(Rule { nth: 2, ..Rule::new(LIST, Fault::EmptyPage) }, "", &[]);
    passes(for_good(LIST, Fault::HugePage), "", &[]);
}

#[test]
fn a_row_that_a_list_lost_between_two_pages_comes_with_the_next_run() {
    let (account, outcome) = read_with(Rule::new(LIST, Fault::LostRow), "");
    outcome.exits(0);
    assert_eq!(customers(&account.project), ["249,249"], "no page tells of it");
    account.extract("api.customers").exits(0);
    assert_eq!(customers(&account.project), ["250,250"]);
}

#[test]
fn a_cursor_that_the_server_no_longer_knows_begins_its_list_again() {
    let rule = Rule { nth: 2, status: Some(400), ..Rule::new(LIST, Fault::Status) };
    passes(rule, "", &["status 400; begun again"]);
    let rule = Rule { nth: 2, every: Some(2), status: Some(400), ..Rule::new(LIST, Fault::Status) };
    fails(rule, "", 3, &["the cursor was refused, also after the list was begun again"]);
}

#[test]
fn a_customer_that_went_while_the_account_was_read_has_no_rows() {
    let account = Account::small();
    let gone = account.server.account().customers[4].id.clone();
    let rule = Rule { status: Some(404), ..for_good(&format!("/v1/customers/{gone}/invoices"), Fault::Status) };
    account.extract_with("api.invoices,raw.*", rule).exits(0);
    let of = |who: &str| account.project.rows(&format!("select count(*) from api.invoices where customer_id {who}"));
    assert_eq!(of(&format!("= '{gone}'")), ["0"]);
    assert_ne!(of(&format!("<> '{gone}'")), ["0"]);
    let answers = format!("select status from raw.api_responses where series = 'customer_id={gone}'");
    assert_eq!(account.project.rows(&answers), ["404"]);
}

#[test]
fn a_field_of_another_type_goes_to_quarantine_with_its_place_and_blocks() {
    let account = Account::small();
    let tables = "api.customers,api.invoices,api.invoice_line_items";
    account.extract(tables).exits(0);
    let before = business(&account.project, &["invoices", "invoice_line_items"]);
    let wrong = |fault, name: &str| Rule { field: Some(name.into()), nth: 3, ..Rule::new(INVOICES, fault) };

    let blocked = account.extract_with(tables, wrong(Fault::ChangedType, "issued_at")).exits(3);
    blocked.says(&["cannot be typed: api.invoices answer 3, /data/0/issued_at of api/", "`issued_at`", "hint: "]);
    let found = "select column_name, pointer from etl.quarantine where table_name = 'api.invoices' order by 2 limit 1";
    assert_eq!(account.project.rows(found), ["issued_at,/data/0/issued_at"]);
    assert_same(&business(&account.project, &["invoices", "invoice_line_items"]), &before, "what was published stays");

    // The wrong answers stay in landing, but the next read shows the rows in good order.
    account.extract(tables).exits(0);
    assert_eq!(account.project.rows("select count(*) from etl.quarantine"), ["0"]);
    assert_same(&business(&account.project, &["invoices", "invoice_line_items"]), &before, "read again");
}

#[test]
fn a_field_that_must_be_there_and_is_not_goes_to_quarantine() {
    let account = Account::small();
    let rule = Rule { field: Some("total".into()), ..Rule::new(INVOICES, Fault::MissingField) };
    let blocked = account.extract_with("api.customers,api.invoices", rule).exits(3);
    blocked.says(&["api.invoices answer 1, /data/0/total of api/", "column `total`", "found nothing"]);
    assert_eq!(account.project.rows("select count(*) from api.invoices"), ["0"]);
    // Left out where that is wanted, and said.
    let settings = account.project.read("pipeline.toml").replace("[api]", "[quality]\nquarantine = \"allow\"\n[api]");
    account.project.write("pipeline.toml", settings);
    account.project.run(&["--stage", "normalize"]).exits(0).says(&["/data/0/total", "are left out"]);
    assert_ne!(account.project.rows("select count(*) from api.invoices"), ["0"]);
}

#[test]
fn an_amount_that_became_a_text_is_read_with_every_digit() {
    let account = Account::small();
    account.extract("api.customers,api.invoices").exits(0);
    let before = business(&account.project, &["invoices"]);
    let rule = for_good(INVOICES, Fault::ChangedType);
    account.extract_with("api.customers,api.invoices", Rule { field: Some("total".into()), ..rule }).exits(0);
    assert_same(&business(&account.project, &["invoices"]), &before, "invoices");
}

#[test]
fn a_status_that_nobody_knows_is_named_before_reports_are_made() {
    let account = Account::small();
    let rule = Rule { nth: 2, ..Rule::new(INVOICES, Fault::UnknownEnum) };
    account.server.set_faults(vec![rule]);
    let ended = account.etl(&["run", "--table", "api.customers,api.invoices"]).exits(3);
    ended.says(&["invoice_status_is_known", "SUPERSEDED", "hint: "]);
    assert!(!account.project.path("artifacts").exists());
    // It is kept as it came, for who has to find out what it means.
    account.project.normalize();
    assert_ne!(account.project.rows("select count(*) from api.invoices where status = 'SUPERSEDED'"), ["0"]);
}

#[test]
fn a_redirect_is_not_followed_and_no_byte_is_sent_there() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = format!("http://{}/v1/customers", elsewhere.local_addr().unwrap());
    let rule = Rule { location: Some(location), ..for_good(LIST, Fault::Redirect) };
    let account = fails(rule, "", 1, &["was answered with 302, a redirect to 127.0.0.1", "sent to no other host"]);
    assert!(account.server.counts().of(READ).requests <= 2, "it is not tried again");
    std::thread::sleep(Duration::from_millis(50));
    assert!(elsewhere.accept().is_err(), "somebody connected to where the redirect leads");
}

#[test]
fn an_api_that_is_not_there_is_temporary_and_says_where_it_was_looked_for() {
    let account = Account::new(live(12), "attempts = 2");
    let Account { project, server } = account;
    drop(server);
    let mut command = project.command(&["run", "--stage", "extract"]);
    let ended = Outcome::of(command.env("METRONOME_BEARER_TOKEN", TOKEN)).exits(75);
    ended.says(&["the API cannot be reached", "connection refused", "(tried 2 times)", "hint: check `[api] base_url`"]);
}

const CUSTOMER: &str = r#"{"id":"c1","name":"C1","created_at":"2024-01-01T00:00:00Z"}"#;

/// A run on an account of one customer with one invoice of this total, as it is written.
fn total(total: &str) -> (Project, Outcome) {
    let total = total.to_owned();
    let server = Canned::new(move |path| {
        let rows = match path {
            path if path.contains("only_archived") => String::new(),
            path if path.starts_with("/v1/customers?") => CUSTOMER.to_owned(),
            _ => format!(
                r#"{{"id":"i1","customer_id":"c1","status":"FINALIZED","type":"USAGE","issued_at":"2024-04-01T00:00:00Z","credit_type":{{"id":"u","name":"USD (cents)"}},"total":{total}}}"#
            ),
        };
        (200, "", format!("{{\"data\":[{rows}],\"next_page\":null}}"))
    });
    let project = Project::new();
    project.add_settings(&format!("source = [\"api\"]\n[api]\nattempts = 1\nbase_url = {:?}", server.base_url));
    let mut command = project.command(&["run", "--stage", "extract", "--table", "api.invoices"]);
    let outcome = Outcome::of(command.env("METRONOME_BEARER_TOKEN", TOKEN));
    (project, outcome)
}

#[test]
fn numbers_are_read_from_their_text_with_all_digits() {
    for (written, read) in [
        ("0.1", "0.100000000000000000"),
        ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
        ("-0.000000000000000001", "-0.000000000000000001"),
        ("1.5e3", "1500.000000000000000000"),
        ("1E-18", "0.000000000000000001"),
        ("\"2241.554375\"", "2241.554375000000000000"),
        ("9007199254740993", "9007199254740993.000000000000000000"),
    ] {
        let (project, outcome) = total(written);
        outcome.exits(0);
        assert_eq!(project.rows("select cast(total as varchar) from api.invoices"), [read], "{written}");
    }
}

#[test]
fn what_is_no_decimal_is_never_rounded_into_one() {
    for (written, why) in [
        ("0.1234567890123456789", "18 fraction digits"),
        ("123456789012345678901", "20 integer digits"),
        ("1e400", "20 integer digits"),
        ("\"NaN\"", "expected a decimal"),
        ("\"n/a\"", "expected a decimal"),
        ("true", "expected a decimal"),
        ("[1]", "expected a decimal"),
        ("null", "found nothing"),
    ] {
        let (project, outcome) = total(written);
        outcome.exits(3).says(&["/data/0/total", "`total`", why]);
        assert_eq!(project.rows("select count(*) from api.invoices"), ["0"], "{written}");
    }
    for written in ["NaN", "Infinity", "01", "+1", ".5", "1."] {
        let (_, outcome) = total(written);
        outcome.exits(3).says(&["error: api.invoices (customer_id=c1, page 1)", "the answer is not JSON"]);
    }
}

#[test]
fn answers_made_to_break_a_reader_are_refused() {
    let deep = format!("{{\"data\":[{}{}]}}", "[".repeat(5_000), "]".repeat(5_000));
    for (body, why) in [
        (deep, "nested deeper"),
        (r#"{"data":[],"data":[]}"#.to_owned(), "not the JSON of a list"),
        (r#"{"data":{"a":1}}"#.to_owned(), "`data` of the answer is not a list"),
        (String::new(), "ends in the middle"),
        ("{\"data\":[\"\u{0}\"]}".to_owned(), "not JSON"),
        (r#"{"data":[1]}"#.to_owned(), "not an object"),
        (r#"{"data":[],"next_page":7}"#.to_owned(), "`next_page` is not a text"),
    ] {
        let server = Canned::new(move |_| (200, "", body.clone()));
        let project = Project::new();
        project.add_settings(&format!("source = [\"api\"]\n[api]\nattempts = 1\nbase_url = {:?}", server.base_url));
        let mut command = project.command(&["run", "--stage", "extract", "--table", "api.customers,api.invoices"]);
        let outcome = Outcome::of(command.env("METRONOME_BEARER_TOKEN", TOKEN));
        outcome.exits(3).says(&["api.customers", why]);
    }
}
