//! What watches an account and what it is labelled with: alerts, the audit log, custom field keys, notifications.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply, Rows};
use super::field::{Is, may, must};
use super::json::{Json, Object, list, millis, zulu};
use super::refusal::Refusal;
use super::units::credit_type;
use crate::calendar::{DAY, HOUR, Millis};
use crate::decimal::Amount;
use crate::price_list::Currency;

const STATES: Is = Is::Texts(3);
const POST: Endpoint =
    Endpoint { method: "POST", path: "", paging: Paging::None, query: &[], body: &[], answer: alerts };

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/customer-alerts/list",
        paging: Paging::QueryFixed(2),
        body: &[must("customer_id", Is::Uuid), may("alert_statuses", STATES)],
        ..POST
    },
    Endpoint {
        path: "/v1/customer-alerts/get",
        body: &[
            must("customer_id", Is::Uuid),
            must("alert_id", Is::Uuid),
            may("plans_or_contracts", Is::Word(&["PLANS", "CONTRACTS"])),
            may("group_values", Is::List),
            may("seat_filter", Is::Map),
            may("alert_specifiers", Is::List),
            may("custom_field_filters", Is::List),
        ],
        answer: alert,
        ..POST
    },
    Endpoint {
        path: "/v1/customFields/listKeys",
        paging: Paging::QueryFixed(4),
        body: &[may("entities", Is::Texts(30))],
        answer: keys,
        ..POST
    },
    Endpoint {
        method: "GET",
        path: "/v1/auditLogs",
        paging: Paging::Endless,
        query: &[
            may("starting_on", Is::Time),
            may("ending_before", Is::Time),
            may("sort", Is::Word(&["date_asc", "date_desc"])),
            may("resource_id", Is::Text),
            may("resource_type", Is::Text),
        ],
        answer: audit,
        ..POST
    },
    Endpoint { method: "GET", path: "/v1/services", answer: services, ..POST },
    Endpoint {
        path: "/v2/notifications/offset/list",
        paging: Paging::Cursor(400, "cursor"),
        body: &[may("archive_filter", Is::Word(&["ARCHIVED", "NOT_ARCHIVED", "ALL"]))],
        answer: offsets,
        ..POST
    },
    Endpoint { path: "/v2/notifications/system/list", answer: system, ..POST },
];

/// Definitions: name, type, state, threshold in hundredths.
const ALERTS: [(&str, &str, &str, i128); 5] = [
    ("Spend above plan", "spend_threshold_reached", "enabled", 1_000_050),
    ("Credits low", "low_remaining_contract_credit_balance_reached", "enabled", 500_000),
    ("Commit low", "low_remaining_commit_balance_reached", "enabled", 250_000),
    ("Old spend rule", "spend_threshold_reached", "disabled", 2_000_000),
    ("Oldest spend rule", "spend_threshold_reached", "archived", 3_000_000),
];

fn alert_json(ask: &Ask, place: usize, number: usize) -> Json {
    let (name, kind, status, threshold) = ALERTS[number];
    let state = match (status, (place + number) % 4) {
        ("archived", _) => None,
        (_, 0) => Some("in_alarm"),
        (_, 3) if number == 2 => Some("evaluating"),
        _ => Some("ok"),
    };
    let alert = Object::new()
        .set("id", ask.account.id("alert", &[number as u64]))
        .set("name", name)
        .set("type", kind)
        .set("status", status)
        .set("credit_type", credit_type(ask.account, Currency::Usd))
        .set("threshold", Amount::hundredths(threshold))
        .set("updated_at", millis(ask.account.month(1).start + place as i64 % 20 * DAY));
    Object::new()
        .set("customer_status", state)
        .some("triggered_by", place.is_multiple_of(9).then_some(Json::Null))
        .set("alert", alert)
        .into()
}

fn alerts<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let states = ask.texts("alert_statuses").unwrap_or_else(|| vec!["ENABLED"]);
    if let Some(unknown) = states
        .iter()
        .find(|state| !["ENABLED", "DISABLED", "ARCHIVED"].iter().any(|one| one.eq_ignore_ascii_case(state)))
    {
        return Err(Refusal::bad(format!("unknown alert status {unknown}")));
    }
    let kept: Vec<usize> =
        (0..ALERTS.len()).filter(|one| states.iter().any(|state| state.eq_ignore_ascii_case(ALERTS[*one].2))).collect();
    Ok(Answer::rows(kept, move |number| alert_json(ask, place, *number)))
}

fn alert<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let found = (0..ALERTS.len()).find(|one| ask.text("alert_id") == Some(&ask.account.id("alert", &[*one as u64])));
    found.map(|one| Answer::One(alert_json(ask, place, one))).ok_or_else(|| Refusal::missing("alert"))
}

const KEYS: [(&str, &str, bool); 6] = [
    ("customer", "segment", false),
    ("customer", "netsuite_id", true),
    ("contract", "opportunity", true),
    ("commit", "purchase_order", false),
    ("contract_product", "ledger_account", false),
    ("rate_card", "region", false),
];

fn keys<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let entities = ask.texts("entities");
    let kept: Vec<_> =
        KEYS.into_iter().filter(|(entity, ..)| entities.as_ref().is_none_or(|all| all.contains(entity))).collect();
    Ok(Answer::rows(kept, |(entity, key, unique)| {
        Object::new().set("entity", *entity).set("key", *key).set("enforce_uniqueness", *unique).into()
    }))
}

/// How often something is logged.
const EVERY: Millis = 6 * HOUR;

fn log_entry(ask: &Ask, number: usize) -> Json {
    let account = ask.account;
    let at = account.window.start + number as i64 * EVERY;
    let customer = &account.customers[number % account.customers.len()];
    let person = Object::new().set("id", account.id("actor", &[number as u64 % 3])).set("name", "Robin Example");
    let person = person.some("email", number.is_multiple_of(2).then_some("robin@example.com"));
    let request = Object::new()
        .set("id", format!("req_{number:08}"))
        .some("ip", number.is_multiple_of(3).then_some("203.0.113.7"))
        .set("user_agent", "console");
    let (action, status) = if number % 11 == 5 { ("update", "failure") } else { ("update", "success") };
    Object::new()
        .set("id", format!("log_{number:010}"))
        .set("timestamp", millis(at))
        .some("actor", (number % 7 != 3).then_some(person))
        .set("request", request)
        .set("resource_type", "customer")
        .set("resource_id", &customer.id)
        .set("action", action)
        .set("status", status)
        .some("description", number.is_multiple_of(5).then_some("changed in the console"))
        .into()
}

/// Entry `n` is made six hours after entry `n - 1`: the log grows when the clock moves.
fn audit<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (from, until) = (ask.moment("starting_on"), ask.moment("ending_before"));
    let followed = ask.text("next_page").is_some_and(|cursor| !cursor.is_empty());
    if followed && (from.is_some() || until.is_some()) {
        return Err(Refusal::bad("starting_on and ending_before cannot be sent with next_page"));
    }
    if ask.text("resource_id").is_some() != ask.text("resource_type").is_some() {
        return Err(Refusal::bad("resource_id and resource_type go together"));
    }
    let start = ask.account.window.start;
    let made = ((ask.now - start).div_euclid(EVERY) + 1).max(0) as usize;
    if from.is_none() && until.is_none() && ask.text("resource_id").is_none() && !ask.says("sort", "date_desc") {
        return Ok(Answer::Rows(Rows {
            count: made,
            most: usize::MAX,
            row: Box::new(|number| log_entry(ask, number)),
        }));
    }
    let resource = ask.text("resource_id");
    let mut kept: Vec<usize> = (0..made)
        .filter(|number| {
            let at = start + *number as i64 * EVERY;
            let customer = &ask.account.customers[number % ask.account.customers.len()].id;
            from.is_none_or(|from| from <= at)
                && until.is_none_or(|until| at < until)
                && resource.is_none_or(|id| id == customer && ask.says("resource_type", "customer"))
        })
        .collect();
    if ask.says("sort", "date_desc") {
        kept.reverse();
    }
    Ok(Answer::rows(kept, |number| log_entry(ask, *number)))
}

fn services<'a>(_: &'a Ask<'a>) -> Reply<'a> {
    let service = Object::new()
        .set("name", "webhooks")
        .set("usage", "makes_connections_from")
        .set("ips", list(["203.0.113.10", "203.0.113.11"], |ip| ip));
    Ok(Answer::Whole(Object::new().set("services", vec![service.into()]).into()))
}

fn offsets<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let shown = if ask.says("archive_filter", "ARCHIVED") { Vec::new() } else { vec![0_u64] };
    Ok(Answer::rows(shown, |number| {
        let kind = "contract.end";
        Object::new()
            .set("id", ask.account.id("notification", &[*number]))
            .set("name", "Contract ends in a month")
            .set("type", kind)
            .set("policy", Object::new().set("type", kind).set("offset", "-P30D"))
            .set("environment_type", "SANDBOX")
            .set("created_at", zulu(ask.account.month(0).start))
            .set("created_by", "simulator")
            .set("archived_at", None::<&str>)
            .into()
    }))
}

fn system<'a>(_: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::rows(vec!["contract.create", "commit.create", "invoice.finalized"], |kind| {
        Object::new().set("type", *kind).set("is_enabled", true).set("policy", Object::new().set("type", *kind)).into()
    }))
}
