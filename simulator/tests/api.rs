//! What the API says over real HTTP: who may ask, what may be asked, pages, and that it tells of the exported account.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use serde::Deserialize;
use serde_json::value::RawValue;
use simulator::account::{Account, Deal};
use simulator::balance::BalanceKind;
use simulator::calendar::{DAY, HOUR, date};
use simulator::decimal::{Amount, plain};
use simulator::invoice::{Kind, LineKind, Status};
use simulator::serve::Scenario;
use simulator::{Options, Server, export, serve};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::{ask_as, get, post, rows};

fn live(customers: usize) -> Server {
    serve(Options::new(Account::live(5, customers, 3), "test")).unwrap()
}

#[test]
fn a_caller_without_the_right_token_gets_401_and_one_without_the_right_403() {
    let limited = vec![("narrow".to_owned(), vec!["/v1/customers".to_owned()])];
    let server = serve(Options { limited, ..Options::new(Account::sample(5), "test") }).unwrap();
    let base = server.base_url();
    let status = |token, path| ask_as(base, token, "GET", path, "", "").status;
    assert_eq!(status(None, "/v1/customers"), 401);
    assert_eq!(status(Some("wrong"), "/v1/customers"), 401);
    assert_eq!(status(Some("narrow"), "/v1/customers"), 200);
    assert_eq!(status(Some("narrow"), "/v1/billable-metrics"), 403);
    assert_eq!(status(Some("test"), "/v1/billable-metrics"), 200);
}

#[test]
fn what_is_not_documented_is_refused_in_the_envelope_of_its_version() {
    let server = live(40);
    let base = server.base_url();
    assert_eq!(get(base, "/v1/nothing").status, 404);
    assert_eq!(get(base, "/v1/contracts/list").status, 404);
    for path in
        ["/v1/customers?limit=101", "/v1/customers?limit=0", "/v1/customers?page=2", "/v1/customers?next_page=x"]
    {
        let reply = get(base, path);
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.json()["message"].is_string() && reply.json().get("code").is_none());
    }
    let id = &server.account().customers[3].id;
    let over = format!("{{\"customer_id\":\"{id}\",\"limit\":26}}");
    assert_eq!(post(base, "/v1/contracts/customerBalances/list", &over).status, 400);
    // The cursor of these goes into the URL; in the body it is nothing anybody knows.
    assert_eq!(post(base, "/v1/contract-pricing/products/list", "{\"next_page\":\"x\"}").status, 400);
    let missing = post(base, "/v2/contracts/list", "{\"customer_id\":\"00000000-0000-0000-0000-000000000000\"}");
    assert_eq!((missing.status, missing.json()["code"].as_str().unwrap().to_owned()), (400, "CustomerNotFound".into()));
}

#[test]
fn paging_to_the_end_gives_every_row_once_in_every_style() {
    let server = live(120);
    let base = server.base_url();
    let ids = |rows: Vec<serde_json::Value>| {
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let active = ids(rows(base, "/v1/customers?limit=7"));
    let archived = ids(rows(base, "/v1/customers?limit=7&only_archived=true"));
    assert_eq!(archived.len(), 3);
    assert_eq!(active.len() + archived.len(), 120);
    assert_eq!(active.iter().chain(&archived).collect::<BTreeSet<_>>().len(), 120);

    // A customer with more than twenty contracts, and so with a second page of them.
    let account = server.account();
    let many = (0..120).find(|place| account.terms(*place).contracts.len() > 20).unwrap();
    let id = &account.customers[many].id;
    let mut seen = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = post(
            base,
            "/v2/contracts/list",
            &format!("{{\"customer_id\":\"{id}\",\"include_archived\":true{cursor}}}"),
        )
        .json();
        for row in page["data"].as_array().unwrap() {
            assert!(seen.insert(row["id"].as_str().unwrap().to_owned()));
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!(",\"cursor\":\"{next}\""),
            None => break,
        }
    }
    assert_eq!(seen.len(), account.terms(many).contracts.len());

    // Usage: the cursor in the URL and everything else in the body.
    let body =
        "{\"window_size\":\"day\",\"starting_on\":\"2024-03-01T00:00:00Z\",\"ending_before\":\"2024-03-04T00:00:00Z\"}";
    let (mut keys, mut query) = (BTreeSet::new(), String::new());
    loop {
        let page = post(base, &format!("/v1/usage{query}"), body).json();
        for row in page["data"].as_array().unwrap() {
            let key =
                [&row["customer_id"], &row["billable_metric_id"], &row["start_timestamp"]].map(ToString::to_string);
            assert!(keys.insert(key));
        }
        match page["next_page"].as_str() {
            Some(next) => query = format!("?next_page={next}"),
            None => break,
        }
    }
    assert!(keys.len() > 500 && keys.len() % 3 == 0);
}

#[test]
fn the_audit_log_never_says_that_it_ends_and_goes_on_where_it_was_left() {
    let server = live(10);
    let base = server.base_url();
    let (mut next, mut count) = (String::new(), 0);
    loop {
        let page = get(base, &format!("/v1/auditLogs?limit=100{next}")).json();
        let rows = page["data"].as_array().unwrap().len();
        count += rows;
        next = format!("&next_page={}", page["next_page"].as_str().unwrap());
        if rows == 0 {
            break;
        }
    }
    assert_eq!(count, 4 * 110 + 1);
    server.set_now(server.now() + DAY);
    assert_eq!(
        get(base, &format!("/v1/auditLogs{}", next.replacen('&', "?", 1))).json()["data"].as_array().unwrap().len(),
        4
    );
}

#[test]
fn requests_are_counted_by_endpoint_and_served() {
    let server = live(10);
    let base = server.base_url();
    get(base, "/v1/customers");
    get(base, "/v1/customers");
    get(base, "/v1/customers?limit=1000");
    let count = server.counts().of("GET /v1/customers");
    assert_eq!((count.requests, count.answered, count.refused, count.repeated), (3, 2, 1, 1));
    let served = get(base, "/_simulator/counts").json();
    assert_eq!(served["endpoints"]["GET /v1/customers"]["requests"], 3);
}

#[test]
fn a_usage_invoice_is_a_draft_until_a_day_after_its_month() {
    let server = live(10);
    let base = server.base_url();
    let id = server.account().customers[4].id.clone();
    let drafts = || rows(base, &format!("/v1/customers/{id}/invoices?status=DRAFT"));
    let first = drafts();
    assert_eq!(first.len(), 1);
    let draft = first[0]["id"].clone();
    post(base, "/_simulator/clock", "{\"now\":\"2024-06-01T23:59:59Z\"}");
    assert_eq!(drafts()[0]["id"], draft);
    post(base, "/_simulator/clock", "{\"advance_seconds\":1}");
    assert!(drafts().is_empty());
    let all = rows(base, &format!("/v1/customers/{id}/invoices?sort=date_desc"));
    assert_eq!((&all[0]["id"], all[0]["status"].as_str()), (&draft, Some("FINALIZED")));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let text = |seed| {
        let server = serve(Options::new(Account::live(seed, 60, 2), "test")).unwrap();
        let id = server.account().customers[27].id.clone();
        let body = format!("{{\"customer_id\":\"{id}\",\"include_contract_balances\":true,\"include_ledgers\":true}}");
        let base = server.base_url();
        get(base, "/v1/customers").text()
            + &get(base, &format!("/v1/customers/{id}/invoices")).text()
            + &post(base, "/v1/contracts/customerBalances/list", &body).text()
    };
    assert_eq!(text(5), text(5));
    assert_ne!(text(5), text(6));
}

#[test]
fn a_token_bucket_lets_its_rate_through_and_no_more() {
    let server = serve(Options { rate: Some(3), ..Options::new(Account::sample(5), "test") }).unwrap();
    let replies: Vec<_> = (0..6).map(|_| get(server.base_url(), "/v1/plans")).collect();
    let limited: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(limited.len() >= 2, "{}", limited.len());
    assert_eq!(limited[0].header("x-metronome-rate-limit-type").as_deref(), Some("client"));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(get(server.base_url(), "/v1/plans").status, 200);
}

#[test]
fn contract_lists_come_whole_in_the_scenario_of_old() {
    let options = Options { scenario: Scenario::UnpagedContracts, ..Options::new(Account::live(5, 60, 3), "test") };
    let server = serve(options).unwrap();
    let many = (0..60).find(|place| server.account().terms(*place).contracts.len() > 20).unwrap();
    let body = format!("{{\"customer_id\":\"{}\"}}", server.account().customers[many].id);
    let page = post(server.base_url(), "/v2/contracts/list", &body).json();
    assert_eq!(page["data"].as_array().unwrap().len(), server.account().terms(many).contracts.len());
    assert!(page.get("cursor").is_none());
}

#[test]
fn ledgers_add_up_to_balances_and_deductions_to_lines() {
    let account = Account::live(5, 160, 3);
    let mut odd = 0;
    let mut kinds = BTreeSet::new();
    let moments =
        [account.window.end, date(2024, 3, 1) + 12 * HOUR, date(2024, 4, 10), date(2024, 9, 2), date(2026, 1, 1)];
    for now in moments {
        for place in 0..account.customers.len() {
            let books = account.books(place, now);
            let mut drawn: BTreeMap<(String, String), Amount> = BTreeMap::new();
            for invoice in books.invoices.iter().filter(|one| one.kind == Kind::Usage) {
                for line in &invoice.lines {
                    if matches!(line.kind, LineKind::Applied(_) | LineKind::Counted) {
                        *drawn.entry((invoice.id.clone(), line.segment.clone().unwrap())).or_default() += line.total;
                    }
                }
            }
            for balance in &books.balances {
                kinds.insert(balance.kind.text());
                odd += u32::from(balance.ledger_sum() != balance.usable(now));
                assert!(balance.usable(now) >= Amount::ZERO);
                for entry in balance.ledger.iter().filter(|one| one.kind == simulator::balance::EntryKind::Deduction) {
                    let key = (entry.invoice.clone().unwrap(), entry.segment.clone().unwrap());
                    assert_eq!(drawn.remove(&key), Some(entry.amount));
                }
            }
            assert!(drawn.is_empty());
        }
    }
    assert_eq!(kinds.len(), 3);
    // Only where more was taken back by hand than there was.
    assert!((1..=20).contains(&odd), "{odd}");
}

#[test]
fn one_customer_has_amounts_in_three_units_and_some_totals_have_fractions_of_a_cent() {
    let account = Account::live(5, 60, 3);
    let three = (0..60).any(|place| {
        let books = account.books(place, account.window.end);
        let units: BTreeSet<_> = books.balances.iter().filter_map(|balance| balance.unit).collect();
        units.len() == 3
    });
    assert!(three);
    assert!(
        account
            .invoices()
            .iter()
            .any(|one| plain(one.total().0, Amount::SCALE).split_once('.').is_some_and(|(_, rest)| rest.len() > 4))
    );
    let trueups = account.invoices().into_iter().filter(|one| one.kind == Kind::Trueup).count();
    let rolled = (0..60).any(|place| {
        account.terms(place).balances.iter().any(|one| one.rolled_from.is_some() && one.kind == BalanceKind::Prepaid)
    });
    assert!(trueups > 0 && rolled);
}

#[test]
fn daily_windows_add_up_to_the_invoice() {
    let account = Account::live(5, 80, 3);
    let server = live(80);
    let base = server.base_url();
    for place in [0, 12, 27, 14, 15, 21, 24] {
        let books = account.books(place, account.window.end);
        let id = &account.customers[place].id;
        let path = "invoices/breakdowns?starting_on=2024-03-01T00:00:00Z&ending_before=2024-04-01T00:00:00Z&limit=100";
        let mut sums: BTreeMap<String, (i128, u32)> = BTreeMap::new();
        let mut next = String::new();
        loop {
            let text = get(base, &format!("/v1/customers/{id}/{path}{next}")).text();
            let page: Page = serde_json::from_str(&text).unwrap();
            assert!(page.data.len() <= 35);
            for row in &page.data {
                let row: Invoice = serde_json::from_str(row.get()).unwrap();
                let sum = sums.entry(row.id.into()).or_default();
                sum.0 += units(row.total.get());
                sum.1 += 1;
            }
            match page.next_page {
                Some(cursor) => next = format!("&next_page={cursor}"),
                None => break,
            }
        }
        let march = |one: &&simulator::invoice::Invoice| {
            matches!(one.kind, Kind::Plan | Kind::Usage)
                && one.status != Status::Void
                && one.period.start < date(2024, 4, 1)
                && date(2024, 3, 1) < one.period.end
        };
        let expected: BTreeMap<_, _> =
            books.invoices.iter().filter(march).map(|one| (one.id.clone(), (one.total().0, 31))).collect();
        assert_eq!(sums, expected, "customer {place}");
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Invoice<'a> {
    id: &'a str,
    status: &'a str,
    #[serde(borrow)]
    total: &'a RawValue,
}

#[derive(Deserialize)]
struct Unit {
    id: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    total: &'a RawValue,
    credit_type: Unit,
    applied_commit_or_credit: Option<Applied>,
}

#[derive(Deserialize)]
struct Applied {
    r#type: String,
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    total: &'a RawValue,
    subtotal: Option<&'a RawValue>,
    credit_type: Unit,
    #[serde(borrow)]
    line_items: Vec<Line<'a>>,
    #[serde(default, borrow)]
    invoice_adjustments: Vec<Line<'a>>,
}

#[test]
fn totals_are_the_lines_in_the_invoice_s_unit_without_counted_spend_and_with_adjustments() {
    let server = live(120);
    let (mut others, mut counted, mut adjusted) = (0, 0, 0);
    for customer in &server.account().customers {
        let text = get(server.base_url(), &format!("/v1/customers/{}/invoices?limit=100", customer.id)).text();
        let page: Page = serde_json::from_str(&text).unwrap();
        for row in page.data {
            let invoice: Whole = serde_json::from_str(row.get()).unwrap();
            let mut sum = 0;
            for line in &invoice.line_items {
                let postpaid =
                    line.applied_commit_or_credit.as_ref().is_some_and(|applied| applied.r#type == "POSTPAID");
                let other = line.credit_type.id != invoice.credit_type.id;
                others += u32::from(other);
                counted += u32::from(postpaid);
                if !postpaid && !other {
                    sum += units(line.total.get());
                }
            }
            assert!(invoice.subtotal.is_none_or(|subtotal| units(subtotal.get()) == sum));
            let adjustments: i128 = invoice.invoice_adjustments.iter().map(|line| units(line.total.get())).sum();
            adjusted += u32::from(adjustments != 0);
            assert_eq!(sum + adjustments, units(invoice.total.get()));
        }
    }
    assert!(others > 0 && counted > 0 && adjusted > 0);
}

#[derive(Deserialize)]
struct Balance<'a> {
    #[serde(borrow)]
    balance: &'a RawValue,
    access_schedule: Access,
}

#[derive(Deserialize)]
struct Access {
    credit_type: Option<Unit>,
}

#[derive(Deserialize)]
struct Net<'a> {
    #[serde(borrow)]
    data: NetData<'a>,
}

#[derive(Deserialize)]
struct NetData<'a> {
    #[serde(borrow)]
    balance: &'a RawValue,
}

#[test]
fn the_net_balance_is_the_sum_of_the_balances_in_a_unit_and_drafts_can_be_left_out_of_it() {
    let server = live(120);
    let base = server.base_url();
    let mut lower = 0;
    for customer in &server.account().customers {
        let id = &customer.id;
        let body = format!("{{\"customer_id\":\"{id}\",\"include_contract_balances\":true,\"include_balance\":true}}");
        let text = post(base, "/v1/contracts/customerBalances/list", &body).text();
        let page: Page = serde_json::from_str(&text).unwrap();
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        for row in page.data {
            let row: Balance = serde_json::from_str(row.get()).unwrap();
            if let Some(unit) = row.access_schedule.credit_type {
                *sums.entry(unit.id).or_default() += units(row.balance.get());
            }
        }
        for (unit, sum) in sums {
            let ask = |mode: &str| {
                let body = format!("{{\"customer_id\":\"{id}\",\"credit_type_id\":\"{unit}\"{mode}}}");
                let text = post(base, "/v1/contracts/customerBalances/getNetBalance", &body).text();
                units(serde_json::from_str::<Net>(&text).unwrap().data.balance.get())
            };
            assert_eq!(ask(""), sum);
            lower += u32::from(ask(",\"invoice_inclusion_mode\":\"FINALIZED\"") > sum);
        }
    }
    assert!(lower > 0);
}

/// A plain decimal in units of 10^-18.
fn units(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<18}").parse::<i128>().unwrap()
}

/// The columns of every CSV file of a table, by `id`, the last file last.
fn exported(root: &Path, table: &str, columns: [&str; 3]) -> BTreeMap<String, [String; 3]> {
    fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut files = Vec::new();
    walk(&root.join("egress"), &mut files);
    files.retain(|path| {
        let own = path.strip_prefix(root.join("egress")).unwrap().to_str().unwrap().to_owned();
        own.ends_with(".csv") && (own == format!("{table}.csv") || own.starts_with(&format!("{table}/")))
    });
    // By time of transfer, not by name of part.
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let time = name.split_once('_').map(|(_, time)| time.to_owned()).unwrap_or_default();
        let part: u32 = name.split_once('_').and_then(|(part, _)| part.parse().ok()).unwrap_or_default();
        (time, part)
    });
    let mut rows: BTreeMap<String, (String, [String; 3])> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        let head: Vec<&str> = lines.next().unwrap().split(',').collect();
        let at = |name: &str| head.iter().position(|column| *column == name).unwrap();
        for line in lines {
            // Only quoted fields before the wanted columns would matter; none of these tables has one there.
            let cells: Vec<&str> = line.split(',').collect();
            let updated = cells[cells.len() - 1].replace('T', " ").replace('Z', "");
            let row = columns.map(|name| cells[at(name)].to_owned());
            let kept = rows.entry(cells[at("id")].to_owned()).or_insert_with(|| (updated.clone(), row.clone()));
            if kept.0 <= updated {
                *kept = (updated, row);
            }
        }
    }
    rows.into_iter().map(|(id, (_, row))| (id, row)).collect()
}

#[test]
fn the_export_and_the_api_tell_of_the_same_customers_and_invoices() {
    for account in [Account::sample(5), Account::live(5, 120, 3)] {
        let folder = tempfile::tempdir().unwrap();
        export::export(&account, folder.path()).unwrap();
        let server = serve(Options::new(account, "test")).unwrap();
        let (base, account) = (server.base_url(), server.account());
        let customers = exported(folder.path(), "customer", ["id", "id", "id"]);
        let listed: BTreeSet<String> = ["/v1/customers", "/v1/customers?only_archived=true"]
            .iter()
            .flat_map(|path| rows(base, path))
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, customers.into_keys().collect());

        let mut issued = exported(folder.path(), "invoice", ["status", "total", "customer_id"]);
        let mut drafts = BTreeMap::new();
        for (place, customer) in account.customers.iter().enumerate() {
            let text = get(base, &format!("/v1/customers/{}/invoices?limit=100", customer.id)).text();
            let page: Page = serde_json::from_str(&text).unwrap();
            assert!(page.next_page.is_none());
            for row in page.data {
                let row: Invoice = serde_json::from_str(row.get()).unwrap();
                if row.status == "DRAFT" {
                    drafts.insert(row.id.to_owned(), (place, row.total.get().to_owned()));
                    continue;
                }
                let [status, total, owner] =
                    issued.remove(row.id).unwrap_or_else(|| panic!("{} is not exported", row.id));
                assert_eq!((status.as_str(), total.as_str(), &owner), (row.status, row.total.get(), &customer.id));
            }
        }
        assert!(issued.is_empty(), "{issued:?}");
        let last = account.window.end;
        let mut open = exported(folder.path(), "draft_invoice", ["status", "total", "snapshot_time"]);
        let snapshot = simulator::calendar::rfc3339_text(last);
        open.retain(|_, [.., at]| *at == snapshot);
        assert_eq!(open.len(), drafts.len());
        for (id, (place, total)) in drafts {
            let [status, exported, _] = &open[&id];
            assert!(*exported == total || (status == "DRAFT_INCOMPLETE" && place == 4));
        }
    }
}

#[test]
fn the_ledgers_of_the_sample_add_up_and_its_grants_leave_invoices_alone() {
    let account = Account::sample(5);
    let on_contract = account.customers.iter().enumerate().filter(|(_, customer)| customer.deal == Deal::Contract);
    let mut kinds = BTreeSet::new();
    for (place, _) in on_contract {
        let books = account.books(place, account.window.end);
        kinds.extend(books.balances.iter().map(|one| one.kind.text()));
        assert!(books.balances.iter().all(|one| one.ledger_sum() == one.usable(account.window.end)));
        let open = books.invoices.iter().any(|invoice| invoice.status == Status::Draft);
        assert_eq!(open, !books.contracts.is_empty());
    }
    assert_eq!(kinds.len(), 3);
    assert_eq!(account.books(4, account.window.end).grants.len(), 1);
}
