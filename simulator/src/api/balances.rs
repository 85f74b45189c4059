//! Balances of a customer: commits and credits, together and apart, their net, and those of seats.

use super::ask::Ask;
use super::balance_json::{Include, balance};
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Field, Is, may, must};
use super::json::{Json, Object, millis};
use super::refusal::Refusal;
use super::units::unit_of;
use crate::balance::{Balance, BalanceKind};
use crate::decimal::Amount;
use crate::price_list::Currency;
use serde_json::Value;

const LISTED: Endpoint =
    Endpoint { method: "POST", path: "", paging: Paging::Body(25), query: &[], body: &[], answer: all };

/// The filters that the three lists share, with the names of the two that differ.
const fn filters(id: &'static str, include: &'static str) -> [Field; 11] {
    [
        must("customer_id", Is::Uuid),
        may(id, Is::Uuid),
        may(include, Is::Flag),
        may("covering_date", Is::Time),
        may("starting_at", Is::Time),
        may("effective_before", Is::Time),
        may("include_archived", Is::Flag),
        may("include_ledgers", Is::Flag),
        may("include_balance", Is::Flag),
        may("exclude_zero_balances", Is::Flag),
        may("access_type", Is::Word(&["SPEND", "QUANTITY"])),
    ]
}

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/contracts/customerBalances/list",
        body: &filters("id", "include_contract_balances"),
        answer: all,
        ..LISTED
    },
    Endpoint {
        path: "/v1/contracts/customerCommits/list",
        body: &filters("commit_id", "include_contract_commits"),
        answer: commits,
        ..LISTED
    },
    Endpoint {
        path: "/v1/contracts/customerCredits/list",
        body: &filters("credit_id", "include_contract_credits"),
        answer: credits,
        ..LISTED
    },
    Endpoint {
        path: "/v1/contracts/customerBalances/getNetBalance",
        paging: Paging::None,
        body: &[
            must("customer_id", Is::Uuid),
            may("credit_type_id", Is::Uuid),
            may("filters", Is::List),
            may("invoice_inclusion_mode", Is::Word(&["FINALIZED", "FINALIZED_AND_DRAFT"])),
        ],
        answer: net,
        ..LISTED
    },
    Endpoint {
        path: "/v1/contracts/seatBalances/list",
        paging: Paging::Seats,
        body: &[
            must("customer_id", Is::Uuid),
            must("contract_id", Is::Uuid),
            may("subscription_ids", Is::Texts(100)),
            may("seat_ids", Is::Texts(100)),
            may("skip_missing_seat_ids", Is::Flag),
            may("include_credits_and_commits", Is::Flag),
            may("include_ledgers", Is::Flag),
            may("starting_at", Is::Time),
            may("effective_before", Is::Time),
            may("covering_date", Is::Time),
        ],
        answer: seats,
        ..LISTED
    },
];

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    listed(ask, "id", "include_contract_balances", |_| true)
}

fn commits<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    listed(ask, "commit_id", "include_contract_commits", |kind| kind != BalanceKind::Credit)
}

fn credits<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    listed(ask, "credit_id", "include_contract_credits", |kind| kind == BalanceKind::Credit)
}

fn listed<'a>(ask: &'a Ask<'a>, id: &str, contracts: &str, keep: fn(BalanceKind) -> bool) -> Reply<'a> {
    let mut balances = ask.books()?.balances;
    let (covering, from) = (ask.moment("covering_date"), ask.moment("starting_at"));
    let before = ask.moment("effective_before");
    balances.retain(|one| {
        let any = |test: &dyn Fn(i64, i64) -> bool| one.segments.iter().any(|part| test(part.start, part.end));
        keep(one.kind)
            && ask.text(id).is_none_or(|id| id == one.id)
            && (ask.flag(contracts) || one.contract.is_none())
            && (ask.flag("include_archived") || one.archived_at.is_none_or(|at| at > ask.now))
            && covering.is_none_or(|at| any(&|start, end| start <= at && at < end))
            && from.is_none_or(|at| any(&|_, end| end > at))
            && before.is_none_or(|at| any(&|start, _| start < at))
            && !(ask.flag("exclude_zero_balances") && one.usable(ask.now) == Amount::ZERO)
            && ask.text("access_type").is_none_or(|kind| kind.eq_ignore_ascii_case("SPEND") == one.unit.is_some())
    });
    let include = Include { ledger: ask.flag("include_ledgers"), balance: ask.flag("include_balance"), v2: false };
    Ok(Answer::rows(balances, move |one| balance(ask.account, one, include, ask.now)))
}

/// Whether a balance passes one of the filters of the net balance.
fn passes(filter: &Value, one: &Balance) -> bool {
    let texts = |name: &str| filter.get(name).and_then(Value::as_array);
    let kind = match one.kind {
        BalanceKind::Prepaid => "PREPAID_COMMIT",
        BalanceKind::Postpaid => "POSTPAID_COMMIT",
        BalanceKind::Credit => "CREDIT",
    };
    texts("balance_types").is_none_or(|kinds| kinds.iter().any(|own| own.as_str() == Some(kind)))
        && texts("ids").is_none_or(|ids| ids.iter().any(|id| id.as_str() == Some(&one.id)))
        && filter.get("custom_fields").and_then(Value::as_object).is_none_or(|fields| fields.is_empty())
}

/// The sum over usable segments in one unit; those that count quantities are in none.
fn net<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let unit = match ask.text("credit_type_id") {
        None => Currency::Usd,
        Some(id) => unit_of(ask.account, id).ok_or_else(|| Refusal::bad("unknown credit_type_id"))?,
    };
    let filters = ask.given.get("filters").and_then(Value::as_array).cloned().unwrap_or_default();
    let settled = ask.says("invoice_inclusion_mode", "FINALIZED");
    let sum: Amount = ask
        .books()?
        .balances
        .iter()
        .filter(|one| one.unit == Some(unit))
        .filter(|one| filters.is_empty() || filters.iter().any(|filter| passes(filter, one)))
        .map(|one| if settled { one.usable_without_drafts(ask.now) } else { one.usable(ask.now) })
        .sum();
    let data = Object::new().set("balance", sum).set("credit_type_id", ask.account.credit_type(unit));
    Ok(Answer::One(data.into()))
}

fn seats<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let books = ask.books()?;
    let asked = ask.text("contract_id").unwrap_or_default();
    let contract = books.contracts.into_iter().find(|one| one.id == asked);
    let contract = contract.ok_or_else(|| Refusal::missing("contract"))?;
    let count = contract.seats.as_ref().map_or(0, |seats| seats.first);
    let wanted = ask.texts("seat_ids");
    let ids: Vec<String> = (0..count)
        .map(|seat| format!("seat-{seat}@{asked}"))
        .filter(|id| wanted.as_ref().is_none_or(|wanted| wanted.contains(&id.as_str())))
        .collect();
    let usd = ask.account.credit_type(Currency::Usd);
    let with = ask.flag("include_credits_and_commits");
    Ok(Answer::rows(ids, move |id| {
        let amounts = Object::new()
            .set("credit_type_id", &usd)
            .set("balance", Amount::hundredths(5_025))
            .set("starting_balance", Amount::hundredths(10_050));
        let credit = Object::new()
            .set("id", ask.account.id(id, &[0]))
            .set("balance", Amount::hundredths(5_025))
            .set("start_date", millis(contract.starts))
            .set("end_date", None::<&str>);
        let object = Object::new().set("seat_id", id).set("balances", vec![amounts.into()]);
        object
            .some("commits", with.then(|| Json::List(Vec::new())))
            .some("credits", with.then(|| Json::List(vec![credit.into()])))
            .into()
    }))
}
