//! Contracts, version 1: the terms as made beside the terms as they are; and the rates that hold on one.

use super::ask::Ask;
use super::balance_json::{Include, balance};
use super::contracts::{LIST_FIELDS, charges, filtered, hierarchy, named, recurring, subscription, transitions};
use super::customers::provider_configuration;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Is, may, must};
use super::json::{Json, Object, list, millis, offset, zulu};
use crate::account::Account;
use crate::balance::BalanceKind;
use crate::books::Books;
use crate::calendar::Millis;
use crate::terms::Contract;

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: "/v1/contracts/list",
        paging: Paging::Cursor(20, "cursor"),
        query: &[],
        body: &LIST_FIELDS,
        answer: all,
    },
    Endpoint {
        method: "POST",
        path: "/v1/contracts/get",
        paging: Paging::None,
        query: &[],
        body: &[
            must("customer_id", Is::Uuid),
            must("contract_id", Is::Uuid),
            may("include_ledgers", Is::Flag),
            may("include_balance", Is::Flag),
        ],
        answer: one,
    },
];

fn includes(ask: &Ask) -> Include {
    Include { ledger: ask.flag("include_ledgers"), balance: ask.flag("include_balance"), v2: false }
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let books = filtered(ask)?;
    let contracts = books.contracts.clone();
    let row = move |one: &Contract| contract(ask.account, place, &books, one, includes(ask), ask.now);
    if !ask.paged_contracts {
        return Ok(Answer::Whole(Object::new().set("data", list(&contracts, row)).into()));
    }
    Ok(Answer::rows(contracts, row))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (books, found) = named(ask)?;
    Ok(Answer::One(contract(ask.account, ask.place()?, &books, &found, includes(ask), ask.now)))
}

fn terms(account: &Account, books: &Books, one: &Contract, name: &str, include: Include, now: Millis) -> Object {
    let own = |commits: bool| {
        let rows = books
            .balances
            .iter()
            .filter(|row| row.contract.as_ref() == Some(&one.id) && (row.kind != BalanceKind::Credit) == commits);
        list(rows, |row| balance(account, row, include, now))
    };
    let schedule = Object::new().set("frequency", "MONTHLY").set("billing_anchor_date", millis(one.starts));
    Object::new()
        .set("name", name)
        .set("rate_card_id", account.rate_card(one.card))
        .set("starting_at", millis(one.starts))
        .some("ending_before", one.ends.map(millis))
        .set("commits", own(true))
        .set("credits", own(false))
        .some("recurring_commits", recurring(account, one, BalanceKind::Prepaid))
        .some("recurring_credits", recurring(account, one, BalanceKind::Credit))
        .set("overrides", Vec::new())
        .set("scheduled_charges", charges(account, one, now))
        .set("transitions", transitions(one))
        .set("created_at", offset(one.created_at))
        .set("created_by", "simulator")
        .set("net_payment_terms_days", 30_i64)
        .set("usage_statement_schedule", schedule)
        .some("hierarchy_configuration", hierarchy(account, one))
}

fn contract(account: &Account, place: usize, books: &Books, one: &Contract, include: Include, now: Millis) -> Json {
    let as_made = Include { ledger: false, balance: false, v2: false };
    Object::new()
        .set("id", &one.id)
        .set("customer_id", &account.customers[place].id)
        .some("package_id", one.from_package.then(|| account.package()))
        .some("archived_at", one.archived_at.filter(|at| *at <= now).map(zulu))
        .set("initial", terms(account, books, one, "New contract", as_made, now))
        .set("current", terms(account, books, one, &one.name, include, now))
        .set("amendments", Vec::new())
        .set("custom_fields", account.contract_fields(one))
        .some("customer_billing_provider_configuration", provider_configuration(account, place))
        .some("subscriptions", one.seats.as_ref().map(|seats| subscription(account, one, seats, now)))
        .into()
}
