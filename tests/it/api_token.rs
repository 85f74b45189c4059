//! The token: asked for before anything else, sent to one host, and written nowhere.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use simulator::account::Account as Books;
use simulator::serve::faults::{Fault, Rule};
use simulator::{Options, serve};

use crate::account::{Account, TOKEN, live};
use crate::canned::Canned;
use crate::project::{Outcome, Project};

/// The token as it would look in a header of basic authentication, a JSON document or a URL.
fn disguises() -> [String; 4] {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let base64 = TOKEN.as_bytes().chunks(3).map(|three| {
        let bits = three.iter().chain([0, 0].iter()).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let letters = (0..=three.len()).map(|place| char::from(LETTERS[bits >> (18 - 6 * place) & 63]));
        letters.collect::<String>()
    });
    let in_url = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let in_json = TOKEN.replace('/', "\\/");
    [TOKEN.to_owned(), base64.collect(), TOKEN.bytes().map(in_url).collect(), in_json]
}

/// Asserts that the token stands nowhere in these bytes.
#[track_caller]
fn assert_without_token(bytes: &[u8], what: &str) {
    for disguise in disguises() {
        let found = memchr::memmem::find(bytes, disguise.as_bytes());
        assert!(found.is_none(), "the token stands in {what} as {disguise}");
    }
}

#[track_caller]
fn assert_says_no_token(outcome: &Outcome) {
    assert_without_token(outcome.stdout.as_bytes(), "standard output");
    assert_without_token(outcome.stderr.as_bytes(), "standard error");
}

/// Every file of the project, as it is and decompressed.
fn assert_no_file_has_the_token(project: &Project) {
    let mut searched = [0, 0];
    for (name, bytes) in project.files(".") {
        assert_without_token(&bytes, &name);
        // An endpoint that failed has an empty one.
        if name.ends_with(".zst") && !bytes.is_empty() {
            assert_without_token(&zstd::decode_all(bytes.as_slice()).unwrap(), &name);
            searched[0] += 1;
        }
        if name.ends_with(".parquet") {
            let file = File::open(project.path(&name)).unwrap();
            for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                for column in batch.columns() {
                    let cells = ArrayFormatter::try_new(column, &FormatOptions::default()).unwrap();
                    (0..batch.num_rows())
                        .for_each(|row| assert_without_token(cells.value(row).to_string().as_bytes(), &name));
                }
            }
            searched[1] += 1;
        }
    }
    assert!(searched.iter().all(|files| *files > 3), "{searched:?}");
}

#[test]
fn the_token_stands_in_no_file_and_no_line_however_much_is_said() {
    assert_eq!(disguises()[1].trim_end_matches('='), "bXRyMG4wbWUrczNjcmV0L29mPXRoZS10ZXN0cy00NzEx");
    let account = Account::new(live(12), "attempts = 2\nconcurrency = 2");
    // Something to be said of a request that failed, and of one that was sent again.
    account.server.set_faults(vec![
        Rule { nth: 3, ..Rule::new("/v1/customers/*/invoices", Fault::Status) },
        Rule { status: Some(400), times: 0, ..Rule::new("/v1/plans", Fault::Status) },
    ]);
    let tables = "api.customers,api.invoices,api.invoice_line_items,api.plans,api.audit_log,raw.*";
    let words = ["run", "--stage", "extract", "--table", tables, "-vv"];
    for (filter, format) in [("trace", "text"), ("trace", "json")] {
        let mut command = account.command(&words);
        let run = Outcome::of(command.env("RUST_LOG", filter).env("ETL_LOG_FORMAT", format)).exits(3);
        assert!(run.stderr.len() > 10_000, "little was said: {}", run.stderr.len());
        assert_says_no_token(&run);
    }
    account.server.set_faults(Vec::new());
    let mut command = account.command(&["run", "--table", tables]);
    let run = Outcome::of(command.env("ETL_LOG", "trace").env("ETL_VERBOSE", "2")).exits(0);
    assert_says_no_token(&run);
    for words in [&["check", "-vv"][..], &["plan", "-vv"], &["check", "--output", "json"]] {
        assert_says_no_token(&Outcome::of(account.command(words).env("RUST_LOG", "trace")).exits(0));
    }
    assert_no_file_has_the_token(&account.project);
}

/// A command with this token in its environment, or with none.
fn with(account: &Account, token: Option<&str>, args: &[&str]) -> Command {
    let mut command = account.project.command(args);
    token.map(|token| command.env("METRONOME_BEARER_TOKEN", token));
    command
}

#[test]
fn without_a_token_nothing_is_asked_and_nothing_is_written() {
    let account = Account::small();
    for words in [&["run"][..], &["run", "--stage", "extract"], &["plan"], &["check"]] {
        let refused = Outcome::of(&mut with(&account, None, words)).exits(2);
        refused.says(&["no token for http://127.0.0.1", "hint: set `METRONOME_BEARER_TOKEN`"]);
    }
    for none in ["", "  "] {
        Outcome::of(&mut with(&account, Some(none), &["run"])).exits(2);
    }
    assert_eq!(account.server.counts().total().requests, 0);
    assert!(!account.project.path("lake").exists() && !account.project.path("landing/api").exists());
}

#[test]
fn a_token_that_is_not_accepted_ends_the_run_at_once() {
    let account = Account::new(live(40), "");
    let wrong = "wrong-token-0123456789";
    let ended = Outcome::of(&mut with(&account, Some(wrong), &["run", "--stage", "extract"])).exits(4);
    assert!(!format!("{ended:?}").contains(wrong));
    ended.says(&["the API did not accept the token: status 401", "hint: set METRONOME_BEARER_TOKEN"]);
    // What was under way when the first answer came.
    assert!(account.server.counts().total().requests <= 16, "{:?}", account.server.counts().total());
    let check = Outcome::of(&mut with(&account, Some(wrong), &["check"])).exits(4);
    check.says(&["did not accept the token"]);
    // With the right one it goes on, also though it was begun with the wrong one.
    account.extract("api.customers").exits(0);
    assert_eq!(account.project.rows("select count(*) from api.customers"), ["40"]);
}

#[test]
fn a_token_that_may_not_read_an_endpoint_ends_the_run_and_names_it() {
    let limited = "a-token-for-customers-only";
    let paths = vec!["/v1/customers".to_owned(), "/v1/plans".to_owned()];
    let account = Account::new(Options { limited: vec![(limited.to_owned(), paths)], ..live(12) }, "concurrency = 1");
    let run = |tables: &str| {
        Outcome::of(&mut with(&account, Some(limited), &["run", "--stage", "extract", "--table", tables]))
    };
    let ended = run("api.customers,api.products,api.plans").exits(4);
    ended.says(&["the token may not read POST /v1/contract-pricing/products/list: status 403", "hint: ", "`--table`"]);
    assert!(!account.project.path("lake/api").exists());
    run("api.customers,api.plans").exits(0);
    assert_eq!(account.project.rows("select count(*) from api.customers"), ["12"]);
}

#[test]
fn a_token_file_is_read_where_nobody_else_can() {
    let account = Account::small();
    let settings = account.project.read("pipeline.toml").replace("[api]", "[api]\ntoken_file = \"token\"");
    account.project.write("pipeline.toml", settings);
    account.project.write("token", format!("{TOKEN}\n"));
    let run = || Outcome::of(&mut with(&account, None, &["run", "--stage", "extract", "--table", "api.customers"]));
    let mode =
        |mode: u32| fs::set_permissions(account.project.path("token"), fs::Permissions::from_mode(mode)).unwrap();
    for open in [0o644, 0o640, 0o604] {
        mode(open);
        run().exits(2).says(&["token is open to others than its owner", "hint: chmod 600"]);
    }
    assert_eq!(account.server.counts().total().requests, 0);
    mode(0o600);
    run().exits(0);

    fs::rename(account.project.path("token"), account.project.path("elsewhere")).unwrap();
    let mut command = with(&account, None, &["run", "--stage", "extract", "--table", "api.customers"]);
    Outcome::of(command.env("METRONOME_BEARER_TOKEN_FILE", "elsewhere")).exits(0);
    run().exits(2).says(&["token"]);
}

#[test]
fn a_token_of_another_environment_is_noticed_by_its_customers() {
    let account = Account::small();
    let tables = "api.customers,api.invoices";
    account.extract(tables).exits(0);
    let before = account.project.rows("select id from api.customers order by id");
    let account = account.becomes(Options::new(Books::live(6, 12, 3), TOKEN));
    account.extract(tables).exits(3).says(&["none of the 12 customers of the lake", "another environment", "hint: "]);
    assert_eq!(account.project.rows("select id from api.customers order by id"), before);
}

/// A project that reads what a server says.
fn project(base_url: &str) -> Project {
    let project = Project::new();
    project.add_settings(&format!("source = [\"api\"]\n[api]\nattempts = 1\nbase_url = {base_url:?}"));
    project
}

fn extract(project: &Project) -> Outcome {
    let mut command = project.command(&["run", "--stage", "extract", "--table", "api.customers"]);
    Outcome::of(command.env("METRONOME_BEARER_TOKEN", TOKEN))
}

#[test]
fn an_answer_with_the_token_in_it_is_not_taken() {
    let server = Canned::new(|_| {
        (200, "", format!(r#"{{"data":[{{"id":"c1","name":"{TOKEN}","created_at":"2024-01-01T00:00:00Z"}}]}}"#))
    });
    let project = project(&server.base_url);
    let refused = extract(&project).exits(3);
    assert_says_no_token(&refused);
    refused.says(&["an answer has the API token in it", "check `[api] base_url`"]);
    for (name, bytes) in project.files(".") {
        let bytes = if name.ends_with(".zst") && !bytes.is_empty() {
            zstd::decode_all(bytes.as_slice()).unwrap()
        } else {
            bytes
        };
        assert_without_token(&bytes, &name);
    }
}

#[test]
fn a_refusal_with_the_token_in_it_is_shown_without() {
    for status in [401, 403, 400, 500] {
        let server =
            Canned::new(move |_| (status, "", format!(r#"{{"message":"{TOKEN} may not; ask with Bearer {TOKEN}"}}"#)));
        let project = project(&server.base_url);
        let refused = extract(&project);
        assert_ne!(refused.code, 0);
        assert_says_no_token(&refused);
        refused.says(&[&format!("status {status}")]);
        project.files(".").iter().for_each(|(name, bytes)| assert_without_token(bytes, name));
    }
}

#[test]
fn the_token_leaves_the_machine_encrypted_or_not_at_all() {
    for base_url in ["http://api.example.com", "http://10.0.0.1:8080", "http://127.0.0.1.example.com"] {
        extract(&project(base_url)).exits(2).says(&[base_url, "expected an https URL"]);
    }
    let elsewhere = project("http://127.0.0.1:9");
    let mut command = elsewhere.command(&["run", "--api-base-url", "http://api.example.com"]);
    Outcome::of(command.env("METRONOME_BEARER_TOKEN", TOKEN)).exits(2).says(&["`--api-base-url`"]);
    // A secret in the address is refused, and not said again.
    let refused = extract(&project(&format!("http://{TOKEN}@127.0.0.1"))).exits(2);
    assert_says_no_token(&refused);
}

#[test]
fn a_proxy_for_http_does_not_see_the_token() {
    let proxy = Canned::new(|_| (200, "", "{\"data\":[]}".to_owned()));
    let account = Account::small();
    let mut command = account.command(&["run", "--stage", "extract", "--table", "api.customers"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy.base_url);
    }
    Outcome::of(&mut command).exits(0);
    assert_eq!((proxy.asked(), account.server.counts().total().requests), (0, 2));
}

#[test]
fn the_lake_of_another_account_is_not_written_to() {
    let account = Account::small();
    account.extract("api.customers").exits(0);
    let lake = || account.project.files("lake").into_iter().filter(|(name, _)| name != "_lock").collect::<Vec<_>>();
    let before = lake();
    let other = serve(live(30)).unwrap();
    let other_url = other.base_url().replace("127.0.0.1", "localhost");
    let words = ["run", "--stage", "extract", "--table", "api.customers", "--api-base-url", &other_url];
    let refused = account.etl(&words).exits(2);
    refused.says(&["holds the account at http://127.0.0.1", "http://localhost", "hint: "]);
    assert_eq!(other.counts().total().requests, 0);
    assert!(lake() == before, "something was written");
    account.etl(&["run", "--stage", "extract", "--table", "api.customers", "--api-base-url", "simulator"]).exits(2);
    // The same account on another port is the same.
    let again = serve(live(12)).unwrap();
    account
        .etl(&["run", "--stage", "extract", "--table", "api.customers", "--api-base-url", again.base_url()])
        .exits(0);
}
