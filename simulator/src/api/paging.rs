//! Cuts rows into pages and makes the cursors between them. A cursor names its endpoint and its filters, so that one taken
//! elsewhere is refused and not misread.

use super::ask::Ask;
use super::endpoint::{Endpoint, Paging, Rows};
use super::field::{Field, Is, may};
use super::json::{Json, Object};
use super::refusal::Refusal;
use serde_json::Value;

/// May stand at the end of a cursor and means nothing: it makes another cursor to the same place.
pub const MARK: &str = "-again";

/// The parameters that paging adds to a query.
pub fn query_fields(paging: Paging) -> Vec<Field> {
    let cursor = may("next_page", Is::Text);
    match paging {
        Paging::Query { most, .. } => vec![may("limit", Is::Limit(most)), cursor],
        Paging::Endless => vec![may("limit", Is::Limit(100)), cursor],
        Paging::QueryFixed(_) => vec![cursor],
        Paging::None | Paging::Body(_) | Paging::Cursor(..) | Paging::Seats => Vec::new(),
    }
}

/// The fields that paging adds to a body.
pub fn body_fields(paging: Paging) -> Vec<Field> {
    match paging {
        Paging::Body(most) => vec![may("limit", Is::Limit(most)), may("next_page", Is::Text)],
        Paging::Cursor(most, _) => vec![may("limit", Is::Limit(most)), may("cursor", Is::Text)],
        Paging::Seats => vec![may("limit", Is::Limit(100)), may("cursor", Is::Text)],
        Paging::None | Paging::Query { .. } | Paging::QueryFixed(_) | Paging::Endless => Vec::new(),
    }
}

/// A page: its rows, where it begins, and what comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Json>,
    /// The place of its first row.
    pub start: usize,
    /// The cursor it was asked with.
    pub asked: Option<String>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// How many rows there are in all.
    pub count: usize,
}

/// The most rows of a page, the default of the limit.
fn size(ask: &Ask, paging: Paging) -> usize {
    let default = match paging {
        Paging::Query { most, .. } | Paging::QueryFixed(most) | Paging::Body(most) | Paging::Cursor(most, _) => most,
        Paging::Endless => 100,
        Paging::Seats => 25,
        Paging::None => u64::MAX,
    };
    ask.given.get("limit").and_then(Value::as_u64).unwrap_or(default) as usize
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// What a cursor belongs to: the endpoint, the path, and every filter.
fn owner(endpoint: &Endpoint, ask: &Ask) -> u64 {
    let mut text = format!("{} {}", endpoint.name(), ask.path.join("/"));
    // The audit log is followed with the cursor alone, so its filters cannot be part of it.
    if endpoint.paging != Paging::Endless {
        for (name, value) in &ask.given {
            if !["limit", "next_page", "cursor"].contains(&name.as_str()) && !value.is_null() {
                text.push_str(&format!("&{name}={value}"));
            }
        }
    }
    hash(&text)
}

fn cursor(owner: u64, start: usize) -> String {
    format!("{owner:016x}{:08x}", start as u32 ^ owner as u32)
}

fn start(owner: u64, cursor: &str) -> Result<usize, Refusal> {
    let refused = || Refusal::bad("the cursor is not one of this request");
    let cursor = cursor.trim_end_matches(MARK);
    let (tag, place) = cursor.split_at_checked(16).ok_or_else(refused)?;
    if tag != format!("{owner:016x}") || place.len() != 8 {
        return Err(refused());
    }
    Ok((u32::from_str_radix(place, 16).map_err(|_| refused())? ^ owner as u32) as usize)
}

/// Cuts the page that is asked for; `most` overrides its size.
pub fn page(endpoint: &Endpoint, ask: &Ask, rows: &Rows, most: Option<usize>) -> Result<Page, Refusal> {
    let asked = ask.text("next_page").or_else(|| ask.text("cursor")).filter(|text| !text.is_empty());
    let owner = owner(endpoint, ask);
    let start = asked.map_or(Ok(0), |cursor| start(owner, cursor))?.min(rows.count);
    let end = start.saturating_add(most.unwrap_or_else(|| size(ask, endpoint.paging).min(rows.most))).min(rows.count);
    let next = (end < rows.count || endpoint.paging == Paging::Endless).then(|| cursor(owner, end));
    Ok(Page {
        rows: (start..end).map(|place| (rows.row)(place)).collect(),
        start,
        asked: asked.map(str::to_owned),
        next,
        count: rows.count,
    })
}

/// A cursor of the same request to another place: what faults are made of.
pub fn cursor_to(endpoint: &Endpoint, ask: &Ask, start: usize) -> String {
    cursor(owner(endpoint, ask), start)
}

/// The body that a page is sent in.
pub fn envelope(paging: Paging, page: Page) -> Json {
    let shown = page.rows.len() as u64;
    let left = (page.count - page.start - page.rows.len().min(page.count - page.start)) as u64;
    let body = Object::new().set("data", page.rows);
    match paging {
        Paging::None => body,
        Paging::Query { omits_last: true, .. } => body.some("next_page", page.next),
        Paging::Cursor(_, "cursor") => body.some("cursor", page.next),
        Paging::Seats => {
            let pagination = Object::new()
                .set("seats_included", shown)
                .set("seats_available_for_next_page", left)
                .set("next_page", page.next);
            body.set("pagination", pagination)
        }
        Paging::Query { .. } | Paging::QueryFixed(_) | Paging::Body(_) | Paging::Cursor(..) | Paging::Endless => {
            body.set("next_page", page.next)
        }
    }
    .into()
}
