//! A run against an account that answers as documented: what comes in, what stays, what goes, and what is not asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use simulator::account::Account as Books;
use simulator::serve::faults::{Fault, Rule};
use simulator::{Options, serve};

use crate::account::{Account, DAYS, TOKEN, assert_same, business, entries, field, for_good, live, plain};
use crate::project::Project;

const INVOICES: &str = "GET /v1/customers/{customer_id}/invoices";
const DAY: i64 = 86_400_000;

/// The rows of a query, numbers without zeros that say nothing, sorted.
fn rows(project: &Project, query: &str) -> Vec<String> {
    let mut rows: Vec<_> = project
        .rows(query)
        .iter()
        .map(|row| row.split(',').map(plain_if_number).collect::<Vec<_>>().join(","))
        .collect();
    rows.sort();
    rows
}

fn plain_if_number(cell: &str) -> String {
    if cell.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)) { plain(cell) } else { cell.to_owned() }
}

/// Rows that an answer has, as the lake should show them.
fn sorted(rows: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort();
    rows
}

/// Asserts that the lake has the invoices that the account shows now, and their lines.
#[track_caller]
fn assert_invoices(account: &Account, which: impl Fn(&str) -> bool) {
    let invoices: Vec<_> = account.invoices().into_iter().filter(|row| which(row)).collect();
    let shown = invoices.iter().map(|row| {
        let number = |name: &str| plain(&field(row, name));
        format!("{},{},{},{}", field(row, "id"), field(row, "status"), number("subtotal"), number("total"))
    });
    let lake = rows(
        &account.project,
        "select id, status, cast(subtotal as varchar) as subtotal, cast(total as varchar) as total from api.invoices",
    );
    assert_same(&lake, &sorted(shown), "invoices of the lake and of the account");
    let lines = invoices.iter().flat_map(|row| {
        let lines = entries(row, "line_items").into_iter().enumerate();
        lines.map(|(place, line)| {
            let number = |name: &str| plain(&field(&line, name));
            let (id, status) = (field(row, "id"), field(row, "status"));
            format!("{id},{place},{status},{},{},{}", number("quantity"), number("total"), number("unit_price"))
        })
    });
    let lake = rows(
        &account.project,
        "select invoice_id, line_number, invoice_status, cast(quantity as varchar) as quantity, \
         cast(total as varchar) as total, cast(unit_price as varchar) as unit_price from api.invoice_line_items",
    );
    assert_same(&lake, &sorted(lines), "lines of the lake and of the account");
}

/// Distinct amounts with fractions of a cent, and the units that invoices are in: what the account must show for a test
/// of exactness to be one.
fn assert_is_hard_to_keep(account: &Account) {
    let invoices = account.invoices();
    let fractions = invoices.iter().filter(|row| field(row, "total").contains('.')).count();
    let units: BTreeSet<_> = invoices.iter().map(|row| field(&field(row, "credit_type"), "name")).collect();
    assert!(fractions > 5 && units.len() > 1, "{fractions} fractions, {units:?}");
}

#[test]
fn a_first_run_takes_every_row_with_every_digit_and_a_second_one_changes_nothing() {
    let account = Account::new(live(16), "");
    let project = &account.project;
    let first = account.extract_all().exits(0);
    let counts = account.server.counts();
    assert_eq!(counts.total().refused, 0, "no request was one that the API refuses");
    assert_eq!(counts.total().repeated, 0, "nothing was asked twice");
    assert_is_hard_to_keep(&account);
    assert_invoices(&account, |_| true);
    assert_matches_other_lists(&account);

    // What no document tells of is said once for its table, and kept.
    let said = first.stderr.lines().filter(|line| line.contains("`onboarding_stage` is not in the catalog"));
    assert_eq!(said.count(), 1, "{}", first.stderr);
    let kept = r#"select count(*) from api.customers where _extra like '{"onboarding_stage":{"step":3,%'"#;
    assert_eq!(project.rows(kept), ["5"]);

    // Answers are rows too: one each, as they came, in folders of their endpoint and day.
    let bad = "select count(*) from raw.api_responses where sha256 <> encode(sha256(body), 'hex')";
    assert_eq!(project.rows(bad), ["0"]);
    let of_run = "select count(*), count(distinct received_at), min(status), max(status) from raw.api_responses";
    let asked = counts.total().requests;
    assert_eq!(project.rows(of_run), [format!("{asked},{asked},200,200")]);
    let folders: Vec<_> = project
        .names("lake/raw/api_responses")
        .into_iter()
        .filter(|name| name.ends_with(".parquet"))
        .map(|name| name.split('/').take(2).collect::<Vec<_>>().join("/"))
        .collect();
    assert!(folders.iter().any(|folder| folder.starts_with("endpoint=invoices/date=20")), "{folders:?}");
    assert_eq!(folders.iter().filter(|folder| folder.starts_with("endpoint=invoices/")).count(), 1, "{folders:?}");

    // What was read of each endpoint is a row.
    let of_invoices = "select base_url, answer_count, request_count, row_count, read_from, error \
                       from etl.extractions where endpoint = 'invoices'";
    assert_eq!(project.rows(of_invoices), [format!("http://127.0.0.1,16,16,{},,", account.invoices().len())]);
    let log = "select row_count, next_cursor is not null from etl.extractions where endpoint = 'audit_log'";
    assert_eq!(project.rows(log), [format!("{},true", account.listed("/v1/auditLogs?limit=100").len())]);

    let before = account.server.counts();
    let names = || [project.names("lake"), project.names("landing")].concat();
    let held = names();
    let second = account.extract_all().exits(0);
    assert_same(&names(), &held, "files, though every answer came as it was");
    assert!(second.stdout.contains("unchanged"), "{}", second.stdout);
    // The log goes on from where it was left: one request that brings nothing.
    let log = account.since(&before).into_iter().find(|(name, _)| name == "GET /v1/auditLogs");
    assert_eq!(log.map(|(_, requests)| requests), Some(1));
}

/// Lists other than invoices.
#[track_caller]
fn assert_matches_other_lists(account: &Account) {
    let project = &account.project;
    let customers = account.customers();
    assert_same(&rows(project, "select id from api.customers"), &sorted(customers.clone()), "customers");
    let fields = "\"include_contract_balances\":true,\"include_balance\":true,\"include_ledgers\":true,\"include_archived\":true";
    let path = "/v1/contracts/customerBalances/list";
    let balances: Vec<_> = customers
        .iter()
        .flat_map(|id| account.posted(path, &format!("\"customer_id\":{id:?},{fields}"), true))
        .collect();
    let shown = balances.iter().map(|row| format!("{},{}", field(row, "id"), plain(&field(row, "balance"))));
    let lake = rows(project, "select id, cast(balance as varchar) as balance from api.balances");
    assert_same(&lake, &sorted(shown), "balances");
    let ledger = balances.iter().flat_map(|row| {
        let entries = entries(row, "ledger").into_iter().enumerate();
        entries.map(|(place, entry)| {
            format!("{},{place},{},{}", field(row, "id"), field(&entry, "type"), plain(&field(&entry, "amount")))
        })
    });
    let lake = rows(
        project,
        "select balance_id, entry_number, type, cast(amount as varchar) as amount from api.balance_ledger_entries",
    );
    assert!(lake.len() > 5, "{lake:?}");
    assert_same(&lake, &sorted(ledger), "ledger entries");
    // The vendor's own sum over a customer's balances, of the same moment.
    let apart = "select count(*) from api.net_balances n where balance <> (select sum(balance) from api.balances b \
                 where b.customer_id = n.customer_id and b.access_credit_type_id = n.credit_type_id)";
    assert_eq!(project.rows(apart), ["0"]);
    let grants = account.posted("/v1/credits/listGrants", "", false);
    assert_eq!(project.rows("select count(*) from api.credit_grants"), [grants.len().to_string()]);
    let plans = account.listed("/v1/plans");
    let charges =
        plans.iter().flat_map(|plan| account.listed(&format!("/v1/planDetails/{}/charges", field(plan, "id"))));
    let charges = sorted(charges.map(|row| field(&row, "id")));
    assert_same(&rows(project, "select id from api.plan_charges"), &charges, "plan charges");
    let day = |day: u32| format!("2024-03-{day:02}T00:00:00Z");
    let usage = (1..3).flat_map(|first| {
        let days = format!("\"starting_on\":{:?},\"ending_before\":{:?}", day(first), day(first + 1));
        account.posted("/v1/usage", &format!("\"window_size\":\"DAY\",{days}"), false)
    });
    let usage = usage.map(|row| {
        let at = |name: &str| field(&row, name);
        format!("{},{},{}", at("customer_id"), at("billable_metric_id"), plain(&at("value")))
    });
    let lake = rows(project, "select customer_id, billable_metric_id, cast(value as varchar) as value from api.usage");
    assert_same(&lake, &sorted(usage), "usage");
}

#[test]
fn drafts_are_replaced_as_a_set_and_what_is_void_or_made_anew_is_so_in_the_lake() {
    let account = Account::new(live(20), "lookback_days = 3650");
    let (now, tables) = (account.server.now(), "api.invoices,api.invoice_line_items,api.customers");
    // The second of May: April is in its grace period.
    account.server.set_now(now - 19 * DAY);
    account.extract(tables).exits(0);
    assert_invoices(&account, |_| true);
    let statuses = |account: &Account| -> BTreeMap<String, String> {
        account.invoices().iter().map(|row| (field(row, "id"), field(row, "status"))).collect()
    };
    let before = statuses(&account);
    // Hours later drafts have grown, weeks later some are final, and a month later others are.
    for later in [now - 19 * DAY + DAY / 4, now, now + 14 * DAY] {
        account.server.set_now(later);
        account.extract(tables).exits(0);
        assert_invoices(&account, |_| true);
    }
    let after = statuses(&account);
    let became = |from: &str, to: &str| {
        before.iter().filter(|(id, status)| *status == from && after.get(*id).is_some_and(|now| now == to)).count()
    };
    assert!(became("DRAFT", "FINALIZED") > 3, "{before:?} {after:?}");
    assert!(became("FINALIZED", "VOID") + became("DRAFT", "VOID") > 0, "{before:?} {after:?}");
    let anew = "select count(*) from api.invoices a join api.invoices b on b.id = a.regenerated_from_invoice_id \
                where b.status = 'VOID'";
    assert_ne!(account.project.rows(anew), ["0"]);
}

#[test]
fn what_a_whole_list_no_longer_shows_goes_and_final_invoices_stay() {
    let account = Account::new(live(14), "lookback_days = 3650");
    let tables = "api.customers,api.balances,api.invoices,api.invoice_line_items";
    account.extract(tables).exits(0);
    let gone = account.server.account().customers[13].id.clone();
    let of_gone = |account: &Account, table: &str, more: &str| -> String {
        account.project.rows(&format!("select count(*) from api.{table} where customer_id = '{gone}'{more}")).remove(0)
    };
    let finals = of_gone(&account, "invoices", " and status <> 'DRAFT'");
    assert_ne!(finals, "0");
    assert_ne!(of_gone(&account, "invoices", " and status = 'DRAFT'"), "0");
    let account = account.becomes(Options { account: Books::live(5, 13, 3), ..live(14) });
    account.extract(tables).exits(0);
    assert_eq!(account.project.rows(&format!("select count(*) from api.customers where id = '{gone}'")), ["0"]);
    assert_eq!(of_gone(&account, "balances", ""), "0");
    assert_eq!(of_gone(&account, "invoices", " and status = 'DRAFT'"), "0", "a draft nobody shows is none");
    assert_eq!(of_gone(&account, "invoice_line_items", " and invoice_status = 'DRAFT'"), "0");
    assert_eq!(of_gone(&account, "invoices", ""), finals);
}

#[test]
fn the_lake_is_made_again_from_landing_alone_without_a_network_or_a_token() {
    let account = Account::new(live(12), "lookback_days = 3650");
    account.extract_all().exits(0);
    account.server.set_now(account.server.now() + 14 * DAY);
    account.extract_all().exits(0);
    let Account { project, server } = account;
    drop(server);
    let before = business(&project, &[]);
    let answers =
        "select extraction_id, endpoint, series, page, received_at, sha256 from raw.api_responses order by received_at";
    let raw = project.rows(answers);
    project.run(&["--stage", "normalize", "--full-refresh"]).exits(0);
    assert_same(&business(&project, &[]), &before, "tables made again in the same lake");
    fs::remove_dir_all(project.path("lake")).unwrap();
    project.run(&["--stage", "normalize"]).exits(0);
    assert_same(&business(&project, &[]), &before, "tables made again from nothing");
    assert_same(&project.rows(answers), &raw, "answers");
}

#[test]
fn journals_of_answers_that_were_given_before_are_not_kept_and_the_lake_is_made_the_same_without_them() {
    let account = Account::new(live(12), "lookback_days = 3650");
    let now = account.server.now();
    for later in [now, now + 14 * DAY, now + 14 * DAY] {
        account.server.set_now(later);
        account.extract_all().exits(0);
    }
    let account = account.becomes(Options { account: Books::live(5, 11, 3), ..live(12) });
    account.server.set_now(now + 14 * DAY);
    account.extract_all().exits(0);
    let Account { project, server } = account;
    drop(server);
    let journals = |endpoint: &str| {
        let ending = format!("/{endpoint}.journal.zst");
        project.names("landing/api").into_iter().filter(|name| name.ends_with(&ending)).count()
    };
    assert_eq!((journals("products"), journals("customers")), (1, 2), "the first one's and those that differ");
    let repeated =
        "select count(distinct extraction_id) from etl.extractions where endpoint = 'products' and repeats is not null";
    assert_eq!(project.rows(repeated), ["2"], "the third one had nothing new at all, and is on no record");
    let lake = || {
        let files = "select table_name, path, row_count, fingerprint from etl.files order by 1, 2";
        let reads = "select * from etl.extractions order by began_at, endpoint";
        let answers =
            "select extraction_id, endpoint, series, page, received_at, sha256 from raw.api_responses order by 5";
        [business(&project, &[]), project.rows(files), project.rows(reads), project.rows(answers)].concat()
    };
    let before = lake();
    project.run(&["--stage", "normalize", "--full-refresh"]).exits(0);
    assert_same(&lake(), &before, "made again in the same lake");
    fs::remove_dir_all(project.path("lake")).unwrap();
    project.run(&["--stage", "normalize"]).exits(0);
    assert_same(&lake(), &before, "made again from nothing");
}

#[test]
fn only_what_the_selected_tables_need_is_asked() {
    let account = Account::small();
    account.extract("api.invoices").exits(0);
    let asked: Vec<_> = account.server.counts().endpoints.into_keys().collect();
    assert_eq!(asked, ["GET /v1/customers", INVOICES]);
    assert_eq!(account.requests(INVOICES), 12);

    let account = Account::new(live(12), "tables = [\"plan_charges\"]");
    account.extract("*").exits(0);
    let asked: Vec<_> = account.server.counts().endpoints.into_keys().collect();
    assert_eq!(asked, ["GET /v1/planDetails/{plan_id}/charges", "GET /v1/plans"]);
}

#[test]
fn a_later_run_reads_invoices_back_to_the_lookback_and_all_of_them_now_and_then() {
    let account = Account::small();
    // Pages of two invoices, so that there is something not to ask for.
    account.server.set_faults(vec![Rule { rows: Some(2), ..for_good("/v1/customers/*/invoices", Fault::HugePage) }]);
    let requests = || {
        let before = account.requests(INVOICES);
        account.extract("api.invoices").exits(0);
        account.requests(INVOICES) - before
    };
    let all = requests();
    assert_invoices_are_there(&account);
    let again = requests();
    // Drafts are newest, so each customer's first page has its drafts; the one behind it is old.
    assert!(again < all && (12..=24).contains(&again), "{all} requests, then {again}");
    assert_invoices_are_there(&account);
    let back = "select count(*) from etl.extractions where endpoint = 'invoices' and read_from is not null";
    assert_eq!(account.project.rows(back), ["1"]);

    // A month ago by the extractions' own word: everything is due again.
    for name in account.project.names("landing/api").iter().filter(|name| name.ends_with("plan.json")) {
        let path = format!("landing/api/{name}");
        let mut plan: Value = serde_json::from_str(&account.project.read(&path)).unwrap();
        plan["began_at"] = (plan["began_at"].as_i64().unwrap() - 31 * DAY * 1000).into();
        account.project.write(&path, plan.to_string());
    }
    fs::remove_dir_all(account.project.path("lake")).unwrap();
    account.project.normalize();
    assert_eq!(requests(), all);
}

#[track_caller]
fn assert_invoices_are_there(account: &Account) {
    let mut ids = account.project.rows("select id from api.invoices");
    ids.sort();
    assert_same(&ids, &sorted(account.invoices().iter().map(|row| field(row, "id"))), "invoices");
}

#[test]
fn the_audit_log_goes_on_from_its_cursor_and_no_entry_is_there_twice() {
    let account = Account::small();
    account.extract("api.audit_log").exits(0);
    let entries = account.listed("/v1/auditLogs?limit=100").len();
    account.server.set_now(account.server.now() + DAY);
    let before = account.server.counts();
    account.extract("api.audit_log").exits(0);
    assert_eq!(account.since(&before), [("GET /v1/auditLogs".to_owned(), 2)], "a page and an empty one");
    let count = "select count(*), count(distinct id) from api.audit_log";
    assert_eq!(account.project.rows(count), [format!("{0},{0}", entries + 4)]);
    // From its beginning again, where that is wanted.
    account.etl(&["run", "--stage", "extract", "--table", "api.audit_log", "--full-refresh"]).exits(0);
    assert_eq!(account.project.rows(count), [format!("{0},{0}", entries + 4)]);
}

#[test]
fn days_that_are_asked_for_are_read_beside_those_that_are_there() {
    let account = Account::small();
    let read = |from: &str, to: &str| {
        let flags =
            ["run", "--stage", "extract", "--table", "api.usage,api.invoice_breakdowns", "--from", from, "--to", to];
        account.etl(&flags).exits(0)
    };
    let days = |table: &str, column: &str| {
        account.project.rows(&format!("select {column}, count(*) from api.{table} group by 1 order by 1"))
    };
    let usage = || days("usage", "start_timestamp");
    read("2024-03-04", "2024-03-06");
    let first = usage();
    assert_eq!(first.len(), 2);
    read("2024-03-01", "2024-03-04");
    let both = usage();
    assert!(both.len() == 5 && both.ends_with(&first), "{both:?}");
    let breakdowns = days("invoice_breakdowns", "breakdown_start_timestamp");
    assert_eq!(breakdowns.len(), 5, "{breakdowns:?}");
    read("2024-03-02", "2024-03-05");
    assert_eq!(usage(), both, "days that were read again are there once");
    assert_eq!(days("invoice_breakdowns", "breakdown_start_timestamp"), breakdowns);
    // An extraction says its days, so that the record can tell which were read.
    let record = "select read_from, read_until from etl.extractions where endpoint = 'usage' order by began_at";
    assert_eq!(account.project.rows(record)[0], "2024-03-04T00:00:00Z,2024-03-06T00:00:00Z");
    account.etl(&["run", "--stage", "normalize", "--from", DAYS[1]]).exits(2).says(&["--from", "hint:"]);
}

#[test]
fn both_channels_tell_the_same_of_the_same_account() {
    let books = Books::live(5, 20, 3);
    let server = serve(Options::new(books.clone(), TOKEN)).unwrap();
    let account = Account::of(server, &["egress", "api"], "tables = [\"customers\", \"invoices\"]");
    let project = &account.project;
    fs::remove_dir_all(project.path("landing")).unwrap();
    simulator::export::export(&books, &project.path("landing")).unwrap();
    account.etl(&["run"]).exits(0);
    assert!(project.names("artifacts").contains(&"billings_by_plan.csv".to_owned()));
    let apart = "select count(*) from egress.invoice e full join (select * from api.invoices where status <> 'DRAFT') a \
                 on a.id = e.id where e.id is null or a.id is null or e.total <> a.total or e.status <> a.status";
    assert_eq!(project.rows(apart), ["0"]);
    let apart = "select count(*) from egress.customer e full join api.customers a on a.id = e.id \
                 where e.name <> a.name or e.id is null or a.id is null";
    assert_eq!(project.rows(apart), ["0"]);
    assert_ne!(project.rows("select count(*) from egress.invoice"), ["0"]);
    let again = account.etl(&["run", "--output", "json"]).exits(0).json();
    assert_eq!(again["exit_code"], 0);
}

#[test]
fn journals_that_a_later_read_stands_for_go_after_their_days_and_the_lake_can_still_be_made_again() {
    let account = Account::new(live(12), "keep_days = 1");
    let project = &account.project;
    let flags = ["run", "--stage", "extract", "--table", "api.customers,api.audit_log,api.usage"];
    let run = || account.etl(&[&flags[..], &DAYS].concat()).exits(0);
    run();
    // Three days ago by its own word.
    for (file, moment) in [("plan.json", "began_at"), ("ended.json", "ended_at")] {
        let name = project.names("landing/api").into_iter().find(|name| name.ends_with(file)).unwrap();
        let path = format!("landing/api/{name}");
        let mut json: Value = serde_json::from_str(&project.read(&path)).unwrap();
        json[moment] = (json[moment].as_i64().unwrap() - 3 * DAY * 1000).into();
        project.write(&path, json.to_string());
    }
    let journals = || {
        let names = project.names("landing/api").into_iter().filter(|name| name.ends_with(".journal.zst"));
        names.map(|name| name.split('/').next_back().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(journals().len(), 3);
    run();
    assert_eq!(journals().len(), 3, "old, and needed: later answers are the same and not kept");
    let repeated = "select count(*) from etl.extractions where repeats is not null";
    assert_eq!(project.rows(repeated), ["3"], "that they were asked for on another day is on record");
    let account = account.becomes(Options { account: Books::live(5, 11, 3), ..live(12) });
    let project = &account.project;
    account.etl(&[&flags[..], &DAYS].concat()).exits(0);
    let names = project.names("landing/api").into_iter().filter(|name| name.ends_with(".journal.zst"));
    let left: Vec<_> = names.map(|name| name.split('/').next_back().unwrap().to_owned()).collect();
    assert_eq!(left.iter().filter(|name| name.starts_with("customers.")).count(), 1, "{left:?}");
    assert_eq!(left.iter().filter(|name| name.starts_with("usage.")).count(), 2, "what no later read repeats stays");
    assert!(left.iter().any(|name| name.starts_with("audit_log.")), "{left:?}");
    let tables = ["customers", "audit_log", "usage"];
    let before = business(project, &tables);
    project.run(&["--stage", "normalize", "--full-refresh", "--table", "api.*"]).exits(0);
    assert_same(&business(project, &tables), &before, "made again");
}
