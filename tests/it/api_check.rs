//! `etl check` and `etl plan` on an account: what may be read, and what a run would ask.

use std::process::Command;

use simulator::Options;

use crate::account::{Account, TOKEN, live};
use crate::project::Outcome;

fn with(account: &Account, token: &str, args: &[&str]) -> Command {
    let mut command = account.project.command(args);
    command.env("METRONOME_BEARER_TOKEN", token);
    command
}

#[test]
fn check_asks_each_endpoint_once_and_writes_nothing() {
    let account = Account::small();
    let found = account.etl(&["check"]).exits(0);
    let counts = account.server.counts().total();
    assert_eq!((counts.requests, counts.answered), (21, 21));
    assert!(found.stdout.contains(": 21 of 22 endpoints answered"), "{}", found.stdout);
    // The first customer is on a plan and has no balance whose net could be asked for.
    let not_tried = "net_balances: not tried: it is asked for each row of balances, and there is none";
    assert!(found.stdout.contains(not_tried), "{}", found.stdout);
    assert!(!account.project.path("lake").exists() && !account.project.path("landing/api").exists());
    account.etl(&["check", "--table", "api.invoices"]).exits(0);
    assert_eq!(account.server.counts().total().requests, 23, "customers and invoices");
}

#[test]
fn check_says_which_endpoints_a_token_may_read() {
    let limited = "a-token-for-customers-only";
    let paths = vec!["/v1/customers".to_owned(), "/v1/plans".to_owned()];
    let account = Account::new(Options { limited: vec![(limited.to_owned(), paths)], ..live(12) }, "");
    let found = Outcome::of(&mut with(&account, limited, &["check"])).exits(4);
    found.stdout.lines().find(|line| line.contains("products: ")).filter(|line| line.contains("403")).unwrap();
    assert!(!found.stdout.contains("invoices: "), "{}", found.stdout);
    found.says(&["the token may not read", "hint: "]);
    let json = Outcome::of(&mut with(&account, limited, &["check", "--output", "json"])).exits(4).json();
    assert_eq!((&json["api"]["invoices"], &json["api"]["plans"]), (&"readable".into(), &"readable".into()));
    assert!(json["api"]["net_balances"].as_str().unwrap().starts_with("not tried: "), "{json}");
    let known = "customers,invoices,plans,alerts";
    assert!(json["api"].as_object().unwrap().len() > known.split(',').count());
}

#[test]
fn plan_asks_nothing_before_the_first_run_and_after_it() {
    let account = Account::new(live(12), "rate = \"20/s\"");
    let tables = "api.customers,api.invoices,api.usage,api.audit_log";
    let flags = ["--table", tables, "--from", "2024-03-01", "--to", "2024-03-05"];
    let plan = |more: &[&str]| account.etl(&[&["plan"][..], &flags, more].concat()).exits(0).stdout;
    let first = plan(&[]);
    for part in ["at least ", "requests", "customers", "one or more a row", "days 2024-03-01 to 2024-03-05", "landing"]
    {
        assert!(first.contains(part), "{part:?} is not in\n{first}");
    }
    assert_eq!(account.server.counts().total().requests, 0);
    assert!(!account.project.path("lake").exists() && !account.project.path("landing/api").exists());

    account.etl(&[&["run", "--stage", "extract"][..], &flags].concat()).exits(0);
    let took = account.server.counts().total().requests;
    let second = plan(&[]);
    assert_eq!(account.server.counts().total().requests, took);
    for part in [
        &format!("http://127.0.0.1: {took} requests, ")[..],
        "12 requests",
        "back to ",
        "from where it was left off",
        "0 files to read",
    ] {
        assert!(second.contains(part), "{part:?} is not in\n{second}");
    }
    assert!(plan(&["--full-refresh"]).lines().any(|line| line.contains("invoices") && line.contains("all")));
    let json: serde_json::Value = serde_json::from_str(&plan(&["--output", "json"])).unwrap();
    assert_eq!((&json["account"], &json["endpoints"][1]["requests"]), (&"http://127.0.0.1".into(), &12.into()));
}

#[test]
fn a_folder_of_one_s_own_is_checked_against_its_account() {
    let account = Account::small();
    account.project.etl(&["init", "mine"]).exits(0);
    let folder = account.project.path("mine");
    let run = |args: &[&str], token: Option<&str>| {
        let mut command = account.project.command(args);
        token.map(|token| command.env("METRONOME_BEARER_TOKEN", token));
        Outcome::of(command.current_dir(&folder))
    };
    let live = run(&["check"], None).exits(2);
    let live = live.says(&["no token for https://api.metronome.com", "hint: "]);
    assert!(!live.stdout.contains("simulator"), "sample data never stands in for an account");
    let url = account.server.base_url();
    run(&["check", "--api-base-url", url], Some(TOKEN)).exits(0);
    run(&["run", "--stage", "extract", "--api-base-url", url, "--table", "api.customers"], Some(TOKEN)).exits(0);
    let count = run(&["sql", "--format", "csv", "-c", "select count(*) as n from api.customers"], None).exits(0);
    assert_eq!(count.stdout, "n\n12\n");
}
