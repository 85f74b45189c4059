//! The live account at other moments: the same history, told sooner or later.

#![allow(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use simulator::account::Account;
use simulator::calendar::{DAY, date};
use simulator::invoice::{Kind, Status};
use simulator::{Options, export, serve};
use std::collections::BTreeMap;
use std::fs;
use support::csv::{Row, files, parse};
use support::{get, post, rows};

#[test]
fn what_had_happened_by_a_moment_is_the_same_in_the_account_of_a_later_one() {
    let account = Account::live(5, 60, 3);
    let (sooner, later) = (account.clone().until(date(2024, 4, 10)), account.clone().until(date(2024, 8, 3)));
    assert_eq!((sooner.month_count, account.month_count, later.month_count), (3, 4, 7));
    for (one, other) in [(&account, &later), (&sooner, &account)] {
        let now = one.window.end;
        let of = |number: u64| (one.event(number), other.event(number));
        assert!(one.events < other.events);
        assert!(
            (0..one.events)
                .map(of)
                .all(|(mine, theirs)| (mine.at, mine.transaction) == (theirs.at, theirs.transaction))
        );
        assert!(one.event(one.events - 1).at < now && now <= other.event(one.events).at);
        for place in 0..60 {
            let (mine, theirs) = (one.books(place, now), other.books(place, now));
            assert_eq!(format!("{:?}", mine.invoices), format!("{:?}", theirs.invoices), "customer {place}");
            assert_eq!(format!("{:?}", mine.balances), format!("{:?}", theirs.balances), "customer {place}");
        }
    }
}

#[test]
fn months_open_as_the_clock_moves_where_the_account_goes_on() {
    let account = Account::live(5, 40, 3);
    let clock = Some(account.window.end);
    let server = serve(Options { clock, ..Options::new(account.until(date(2024, 8, 1)), "test") }).unwrap();
    let base = server.base_url();
    let account = server.account();
    let used = |place: usize| {
        let draft = account.books(place, server.now()).invoices;
        let is_used = |one: &&simulator::invoice::Invoice| one.status == Status::Draft && one.kind == Kind::Usage;
        draft.iter().find(is_used).is_some_and(|one| one.lines.iter().any(|line| line.total.0 > 0))
    };
    let place = (10..40).find(|place| account.variant(*place) == Some(2)).unwrap();
    let id = &account.customers[place].id;
    let usage = |status: &str| {
        let all = rows(base, &format!("/v1/customers/{id}/invoices?status={status}&type=USAGE"));
        all.into_iter().map(|one| (one["id"].to_string(), one["start_timestamp"].to_string())).collect::<Vec<_>>()
    };
    let may = usage("DRAFT");
    assert_eq!((may.len(), usage("FINALIZED").len()), (1, 3));
    post(base, "/_simulator/clock", "{\"now\":\"2024-06-20T00:00:00Z\"}");
    let june = usage("DRAFT");
    assert!(june.len() == 1 && june[0].1.contains("2024-06-01") && usage("FINALIZED").contains(&may[0]));
    assert!(used(place), "usage goes on");
    let body = format!("{{\"customer_id\":\"{id}\",\"include_contract_balances\":true}}");
    let commits = post(base, "/v1/contracts/customerBalances/list", &body).json()["data"].as_array().unwrap().len();
    post(base, "/_simulator/clock", "{\"now\":\"2024-07-20T00:00:00Z\"}");
    let more = post(base, "/v1/contracts/customerBalances/list", &body).json()["data"].as_array().unwrap().len();
    assert_eq!(more, commits + 1);
    assert_eq!(get(base, "/v1/customers").status, 200);
}

#[test]
fn a_later_export_has_every_final_invoice_of_a_sooner_one_unchanged_but_for_voids_and_payments() {
    let at = |until| {
        let folder = tempfile::tempdir().unwrap();
        export::export(&Account::live(5, 60, 3).until(until), folder.path()).unwrap();
        let mut found = Vec::new();
        files(&folder.path().join("egress/invoice"), &mut found);
        let rows = found.iter().flat_map(|path| parse(&fs::read_to_string(path).unwrap()));
        rows.map(|row| (row["id"].clone(), row)).collect::<BTreeMap<String, Row>>()
    };
    let (sooner, later) = (at(date(2024, 5, 4)), at(date(2024, 5, 4) + 40 * DAY));
    assert!(sooner.len() > 50 && later.len() > sooner.len());
    let mut voided = 0;
    for (id, row) in &sooner {
        assert_eq!((&row["total"], &row["issued_at"]), (&later[id]["total"], &later[id]["issued_at"]));
        voided += usize::from(row["status"] != later[id]["status"]);
    }
    assert!(voided > 0, "an invoice that was final is void later");
}
