//! One request to the API: found, checked, answered, and spoiled where the script says so.

use super::faults::{Fault, Rule};
use super::state::State;
use crate::api::ask::Ask;
use crate::api::endpoint::{Answer, Endpoint};
use crate::api::field;
use crate::api::json::{Json, Object};
use crate::api::paging::{self, Page};
use crate::api::refusal::Refusal;

/// What was said on the wire, without its body's meaning.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// `GET` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The bearer token, if there is one.
    pub token: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The pairs of a query, with percent signs and plus signs decoded.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let hex = tail.get(..2).filter(|_| *first == b'%');
            let byte =
                hex.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.push(byte.unwrap_or(*first));
            rest = if byte.is_some() { &tail[2..] } else { tail };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The endpoint that a request is to, and the parts of the path that stand for something.
pub fn find<'a>(state: &'a State, said: &Said) -> Option<(&'a Endpoint, Vec<String>)> {
    let fits = |endpoint: &&Endpoint| endpoint.method == said.method;
    state.endpoints.iter().filter(fits).find_map(|one| one.matches(&said.path).map(|parts| (one, parts)))
}

/// Answers a request.
pub fn answer(
    state: &State,
    endpoint: &Endpoint,
    path: Vec<String>,
    said: &Said,
    rule: Option<&Rule>,
) -> Result<Json, Refusal> {
    state.allows(said.token.as_deref(), &said.path)?;
    let query = [endpoint.query, &paging::query_fields(endpoint.paging)].concat();
    let body = [endpoint.body, &paging::body_fields(endpoint.paging)].concat();
    let mut given = field::query(&said.query, &query)?;
    if endpoint.method == "POST" {
        given.extend(field::body(&said.body, &body)?);
    }
    let ask = Ask {
        account: &state.account,
        directory: &state.directory,
        now: state.now(),
        path,
        given,
        v2: endpoint.v2(),
        paged_contracts: state.paged_contracts,
    };
    let fault = rule.map(|rule| rule.fault);
    let mut json = match (endpoint.answer)(&ask)? {
        Answer::One(data) => Object::new().set("data", data).into(),
        Answer::Whole(whole) => whole,
        Answer::Rows(rows) => {
            let most = match (fault, rule.and_then(|rule| rule.rows)) {
                (Some(Fault::HugePage), most) => Some(most.unwrap_or(usize::MAX)),
                _ => None,
            };
            let mut page = paging::page(endpoint, &ask, &rows, most)?;
            if let Some(fault) = fault {
                turn(&mut page, fault, |start| paging::cursor_to(endpoint, &ask, start));
            }
            paging::envelope(endpoint.paging, page)
        }
    };
    if let Some(rule) = rule {
        spoil(&mut json, rule);
    }
    Ok(json)
}

/// Faults of paging.
fn turn(page: &mut Page, fault: Fault, cursor: impl Fn(usize) -> String) {
    let end = page.start + page.rows.len();
    // The mark makes it another cursor to the same place.
    match fault {
        Fault::RepeatedCursor => page.next = Some(page.asked.clone().unwrap_or_else(|| cursor(page.start))),
        Fault::CursorCycle => page.next = Some(cursor(0)),
        Fault::DuplicatedPage => page.next = Some(cursor(page.start) + paging::MARK),
        Fault::EmptyPage => {
            page.next = Some(cursor(page.start) + paging::MARK);
            page.rows.clear();
        }
        Fault::MovedRow if page.next.is_some() => page.next = Some(cursor(end.saturating_sub(1))),
        Fault::LostRow if page.next.is_some() => page.next = Some(cursor(end + 1)),
        _ => {}
    }
}

/// Faults of fields.
fn spoil(json: &mut Json, rule: &Rule) {
    let change: &dyn Fn(&Json) -> Option<Json> = match rule.fault {
        Fault::UnknownEnum => &|_| Some(rule.value.as_deref().unwrap_or("SUPERSEDED").into()),
        Fault::ChangedType => &|value| {
            Some(match value {
                Json::Number(text) => Json::Text(text.clone()),
                Json::Text(text) => Json::List(vec![text.into()]),
                Json::List(_) => Object::new().into(),
                Json::Object(_) => Json::List(Vec::new()),
                Json::Bool(_) | Json::Null => "changed".into(),
            })
        },
        Fault::MissingField => &|_| None,
        _ => return,
    };
    let name = rule.field.as_deref().unwrap_or(if rule.fault == Fault::UnknownEnum { "status" } else { "total" });
    if let Some(data) = json.field_mut("data") {
        walk(data, name, change);
    }
}

fn walk(json: &mut Json, name: &str, change: &dyn Fn(&Json) -> Option<Json>) {
    match json {
        Json::List(values) => values.iter_mut().for_each(|value| walk(value, name, change)),
        Json::Object(fields) => {
            fields.retain_mut(|(own, value)| {
                if own != name {
                    walk(value, name, change);
                    return true;
                }
                let changed = change(value);
                let stays = changed.is_some();
                *value = changed.unwrap_or(Json::Null);
                stays
            });
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}
