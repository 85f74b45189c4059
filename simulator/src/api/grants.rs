//! Legacy credit grants and the ledger of them.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Is, may};
use super::json::{Json, Object, list, offset, zulu};
use super::refusal::Refusal;
use super::units::credit_type;
use crate::account::{Account, Deal};
use crate::calendar::Millis;
use crate::decimal::Amount;
use crate::grant::Grant;
use crate::price_list::Currency;

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: "/v1/credits/listGrants",
        paging: Paging::Query { most: 100, omits_last: false },
        query: &[],
        body: &[
            may("credit_type_ids", Is::Texts(100)),
            may("customer_ids", Is::Texts(1_000)),
            may("credit_grant_ids", Is::Texts(1_000)),
            may("not_expiring_before", Is::Time),
            may("effective_before", Is::Time),
        ],
        answer: grants,
    },
    Endpoint {
        method: "POST",
        path: "/v1/credits/listEntries",
        paging: Paging::QueryFixed(25),
        query: &[may("sort", Is::Word(&["asc", "desc"]))],
        body: &[
            may("customer_ids", Is::Texts(1_000)),
            may("credit_type_ids", Is::Texts(100)),
            may("starting_on", Is::Time),
            may("ending_before", Is::Time),
        ],
        answer: entries,
    },
];

/// The customers a request is about: those named, or all on plans.
fn customers(ask: &Ask) -> Result<Vec<usize>, Refusal> {
    match ask.texts("customer_ids") {
        Some(ids) => {
            ids.iter().map(|id| ask.directory.customer(id).ok_or_else(|| Refusal::no_customer(false))).collect()
        }
        None => Ok((0..ask.account.customers.len())
            .filter(|place| matches!(ask.account.customers[*place].deal, Deal::Plan(_)))
            .collect()),
    }
}

fn entry(grant: &Grant, running: Amount, at: Millis, amount: Amount, reason: &str, invoice: Option<&String>) -> Json {
    Object::new()
        .set("amount", amount)
        .set("reason", reason)
        .set("running_balance", running)
        .set("effective_at", offset(at))
        .set("created_by", "simulator")
        .set("credit_grant_id", &grant.id)
        .set("invoice_id", invoice)
        .into()
}

/// The deductions of a grant, settled or of drafts: positive, with a falling balance.
fn deductions(grant: &Grant, pending: bool) -> Json {
    let mut left = grant.amount;
    let mut rows = Vec::new();
    for (at, amount, invoice, draft) in &grant.taken {
        left = left - *amount;
        if *draft == pending {
            rows.push(entry(grant, left, *at, *amount, "automated invoice deduction", Some(invoice)));
        }
    }
    Json::List(rows)
}

fn grant_json(account: &Account, place: usize, grant: &Grant, now: Millis) -> Json {
    let amount =
        |amount: Amount, unit| Object::new().set("amount", amount).set("credit_type", credit_type(account, unit));
    let balance = Object::new()
        .set("excluding_pending", grant.left(now, false))
        .set("including_pending", grant.left(now, true))
        .set("effective_at", zulu(now));
    let restricted = Object::new().set("id", account.identity_product()).set("name", "Identity checks");
    Object::new()
        .set("id", &grant.id)
        .set("name", grant.name)
        .set("customer_id", &account.customers[place].id)
        .set("invoice_id", None::<&str>)
        .some("reason", place.is_multiple_of(3).then_some("goodwill"))
        .set("effective_at", offset(grant.effective_at))
        .set("expires_at", offset(grant.expires_at))
        .set("priority", Json::Number("0.5".into()))
        .set("grant_amount", amount(grant.amount, grant.unit))
        .set("paid_amount", amount(grant.paid, if grant.unit == Currency::Eur { Currency::Eur } else { Currency::Usd }))
        .set("balance", balance)
        .set("deductions", deductions(grant, false))
        .set("pending_deductions", deductions(grant, true))
        .some("products", grant.identity_only.then(|| vec![restricted.into()]))
        .set("custom_fields", Object::new())
        .into()
}

fn wanted(ask: &Ask, grant: &Grant) -> bool {
    ask.texts("credit_type_ids").is_none_or(|ids| ids.contains(&ask.account.credit_type(grant.unit).as_str()))
        && ask.texts("credit_grant_ids").is_none_or(|ids| ids.contains(&grant.id.as_str()))
        && ask.moment("not_expiring_before").is_none_or(|at| grant.expires_at >= at)
        && ask.moment("effective_before").is_none_or(|at| grant.effective_at < at)
        && grant.effective_at <= ask.now
}

fn grants<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for place in customers(ask)? {
        let grants = ask.account.grants(place);
        found.extend((0..grants.len()).filter(|one| wanted(ask, &grants[*one])).map(|one| (place, one)));
    }
    Ok(Answer::rows(found, |(place, number)| {
        let books = ask.account.books(*place, ask.now);
        grant_json(ask.account, *place, &books.grants[*number], ask.now)
    }))
}

fn entries<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let mut places = customers(ask)?;
    places.retain(|place| ask.account.grants(*place).iter().any(|grant| wanted(ask, grant)));
    Ok(Answer::rows(places, |place| {
        let books = ask.account.books(*place, ask.now);
        let kept: Vec<&Grant> = books.grants.iter().filter(|grant| wanted(ask, grant)).collect();
        let mut units: Vec<Currency> = kept.iter().map(|grant| grant.unit).collect();
        units.dedup();
        let ledgers = list(units, |unit| ledger(ask, unit, &kept));
        Object::new().set("customer_id", &ask.account.customers[*place].id).set("ledgers", ledgers).into()
    }))
}

/// A movement of a grant.
struct Move<'a> {
    at: Millis,
    amount: Amount,
    grant: &'a Grant,
    invoice: Option<&'a String>,
    /// Whether a draft moved it.
    draft: bool,
    reason: &'static str,
}

fn ledger(ask: &Ask, unit: Currency, grants: &[&Grant]) -> Object {
    let (from, until) =
        (ask.moment("starting_on").unwrap_or(i64::MIN), ask.moment("ending_before").unwrap_or(i64::MAX));
    let mut moves: Vec<Move> = Vec::new();
    for grant in grants.iter().filter(|grant| grant.unit == unit) {
        let plain = |at, amount, reason| Move { at, amount, grant, invoice: None, draft: false, reason };
        moves.push(plain(grant.effective_at, grant.amount, "grant"));
        moves.extend(grant.taken.iter().map(|(at, amount, invoice, draft)| Move {
            invoice: Some(invoice),
            draft: *draft,
            ..plain(*at, -*amount, "deduction")
        }));
        if grant.expires_at <= ask.now {
            let taken = grant.taken.iter().map(|(_, amount, ..)| *amount).sum();
            moves.push(plain(grant.expires_at, -(grant.amount - taken), "expiration"));
        }
    }
    moves.sort_by_key(|one| one.at);
    let sum = |keep: &dyn Fn(Millis, bool) -> bool| -> Amount {
        moves.iter().filter(|one| keep(one.at, one.draft)).map(|one| one.amount).sum()
    };
    let balance = |at: Millis, whole: &dyn Fn(Millis) -> bool| {
        Object::new()
            .set("excluding_pending", sum(&|moment, draft| whole(moment) && !draft))
            .set("including_pending", sum(&|moment, _| whole(moment)))
            .set("effective_at", zulu(at))
    };
    let rows = |pending: bool| {
        let mut running = Amount::ZERO;
        let mut rows = Vec::new();
        for one in &moves {
            running += one.amount;
            if one.draft == pending && from <= one.at && one.at < until {
                rows.push(entry(one.grant, running, one.at, one.amount, one.reason, one.invoice));
            }
        }
        if ask.says("sort", "desc") {
            rows.reverse();
        }
        Json::List(rows)
    };
    Object::new()
        .set("credit_type", credit_type(ask.account, unit))
        .set("starting_balance", balance(from.max(ask.account.window.start), &|at| at < from))
        .set("ending_balance", balance(until.min(ask.now), &|at| at < until))
        .set("entries", rows(false))
        .set("pending_entries", rows(true))
}
