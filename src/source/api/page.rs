//! What the engine has to know of a body, read without building values for the rest: numbers are passed over as text.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use twox_hash::XxHash3_128;

use crate::catalog::endpoint::{Paging, Per};
use crate::value::json::DEPTH;
use crate::value::timestamp;

/// What is looked for in the bodies of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where the cursor stands.
    pub paging: Paging,
    /// The field that pages are sorted by, newest first, and how far back they matter: microseconds since the epoch.
    pub back_to: Option<(&'static str, i64)>,
    /// What the endpoints that depend on this one take from its rows, one list for those that take the same.
    pub children: Vec<&'static [Per]>,
}

/// What a body says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its rows.
    pub rows: u64,
    /// The cursor to the next page; none where it is absent, null or empty.
    pub cursor: Option<String>,
    /// Stands for the bytes of its first row.
    pub first: Option<u128>,
    /// Stands for the bytes of all its rows.
    pub whole: u128,
    /// Whether it has rows, and each is older than [`Wanted::back_to`] and no draft. A row without a date is not old.
    pub is_old: bool,
    /// For each of [`Wanted::children`] a set of values for each row that has them all.
    pub children: Vec<Vec<Arc<[String]>>>,
    /// Rows that lacked a value.
    pub childless: u64,
}

/// Reads a body. `asked` is what its request was asked with.
///
/// # Errors
/// Says what is wrong: no JSON, nested too deep, or not the envelope of a list.
pub fn read(body: &[u8], wanted: &Wanted, asked: &BTreeMap<String, String>) -> Result<Page, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the answer is not UTF-8")?;
    // Some proxies put a byte order mark before the body.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_deeper(body, DEPTH) {
        return Err(format!("the answer is nested deeper than {DEPTH} levels"));
    }
    let cursor_name = match wanted.paging {
        Paging::None => "",
        Paging::Query { .. } | Paging::Log { .. } => "next_page",
        Paging::Body { cursor, .. } => cursor,
    };
    let [data, cursor] = members(text, ["data", cursor_name])?;
    let Some(data) = data.map(RawValue::get) else { return Err("the answer has no `data`".to_owned()) };
    let rows: Vec<&RawValue> = match data.as_bytes().first() {
        Some(b'[') => serde_json::from_str(data).map_err(not_json)?,
        Some(b'{') if wanted.paging == Paging::None => vec![serde_json::from_str(data).map_err(not_json)?],
        _ => return Err("`data` of the answer is not a list".to_owned()),
    };
    let mut page = Page {
        rows: rows.len() as u64,
        cursor: match cursor.filter(|_| wanted.paging != Paging::None).map(RawValue::get) {
            None | Some("null") => None,
            Some(cursor) => Some(serde_json::from_str(cursor).map_err(|_| format!("`{cursor_name}` is not a text"))?),
        },
        first: rows.first().map(|row| XxHash3_128::oneshot(row.get().as_bytes())),
        whole: XxHash3_128::oneshot(data.as_bytes()),
        is_old: wanted.back_to.is_some() && !rows.is_empty(),
        children: vec![Vec::new(); wanted.children.len()],
        childless: 0,
    };
    page.cursor = page.cursor.filter(|cursor| !cursor.is_empty());
    for row in rows.iter().map(|row| row.get()) {
        if let Some((date, from)) = wanted.back_to.filter(|_| page.is_old) {
            page.is_old = is_old(row, date, from)?;
        }
        for (pers, found) in wanted.children.iter().zip(&mut page.children) {
            match values(row, pers, asked)? {
                Some(values) => found.push(values),
                None => page.childless += 1,
            }
        }
    }
    Ok(page)
}

/// `message` and `code` of an error's body, where it has them.
pub fn refusal(body: &[u8]) -> (Option<String>, Option<String>) {
    let found = std::str::from_utf8(body).ok().and_then(|text| members(text, ["message", "code"]).ok());
    let [message, code] = found.unwrap_or_default();
    (message.and_then(|raw| plain(raw.get())), code.and_then(|raw| plain(raw.get())))
}

fn is_old(row: &str, date: &str, from: i64) -> Result<bool, String> {
    let is_draft = at(row, "status")?.is_some_and(|status| status.eq_ignore_ascii_case("DRAFT"));
    let date = at(row, date)?.and_then(|date| timestamp::parse(date.as_bytes()).ok());
    Ok(!is_draft && date.is_some_and(|date| date < from))
}

fn values(row: &str, pers: &[Per], asked: &BTreeMap<String, String>) -> Result<Option<Arc<[String]>>, String> {
    let mut values = Vec::with_capacity(pers.len());
    for per in pers {
        let value = if per.asked { asked.get(per.field).cloned() } else { at(row, per.field)? };
        match value.filter(|value| !value.is_empty()) {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(values.into()))
}

/// The text, number or flag at a dotted path of a row; none where it is absent, null, a list or an object.
fn at(row: &str, path: &str) -> Result<Option<String>, String> {
    if !row.starts_with('{') {
        return Err("a row of the answer is not an object".to_owned());
    }
    let mut value = row;
    for name in path.split('.') {
        value = match if value.starts_with('{') { members(value, [name])? } else { [None] } {
            [Some(found)] => found.get(),
            [None] => return Ok(None),
        };
    }
    Ok(plain(value))
}

fn plain(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'n' | b'{' | b'[' => None,
        _ => Some(json.to_owned()),
    }
}

/// The values under these names in an object, as written. One that stands there twice is an error: which is meant
/// cannot be known.
fn members<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Result<[Option<&'a RawValue>; N], String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = Members(names).deserialize(&mut deserializer).map_err(not_json)?;
    deserializer.end().map_err(not_json)?;
    Ok(found)
}

/// Line and column say nothing to a reader of a body in one line.
fn not_json(error: serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "the answer ends in the middle of its JSON".to_owned(),
        serde_json::error::Category::Data => "the answer is not the JSON of a list".to_owned(),
        _ => "the answer is not JSON".to_owned(),
    }
}

struct Members<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Members<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(place) = map.next_key_seed(Place(&self.0))? {
            match place.and_then(|place| found.get_mut(place)) {
                Some(Some(_)) => return Err(serde::de::Error::custom("a member is there twice")),
                Some(slot) => *slot = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Which of the names a key is.
struct Place<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}

/// Whether arrays and objects lie in one another deeper than `most`. Looks at nothing else.
fn is_deeper(json: &[u8], most: usize) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::endpoint::PER_CUSTOMER;

    const LIST: Paging = Paging::Query { limit: Some(100) };

    fn wanted(paging: Paging) -> Wanted {
        Wanted { paging, back_to: None, children: Vec::new() }
    }

    fn said(body: &str, wanted: &Wanted) -> Result<Page, String> {
        read(body.as_bytes(), wanted, &[("customer_id".to_owned(), "c9".to_owned())].into())
    }

    #[test]
    fn an_absent_a_null_and_an_empty_cursor_are_none() {
        for (body, cursor) in [
            (r#"{"data":[]}"#, None),
            (r#"{"data":[],"next_page":null}"#, None),
            (r#"{"next_page":"","data":[]}"#, None),
            (r#"{"next_page" : "a\u0062", "data" : [ ] , "extra":{"data":[1]}}"#, Some("ab")),
        ] {
            assert_eq!(said(body, &wanted(LIST)).unwrap().cursor.as_deref(), cursor, "{body}");
        }
        let body = wanted(Paging::Body { cursor: "cursor", limit: None });
        assert_eq!(said(r#"{"data":[],"cursor":"x","next_page":"y"}"#, &body).unwrap().cursor.as_deref(), Some("x"));
        assert_eq!(said(r#"{"data":{"a":1},"next_page":"y"}"#, &wanted(Paging::None)).unwrap().cursor, None);
    }

    #[test]
    fn only_the_envelope_of_a_list_is_one() {
        for body in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"message":"no"}"#,
            r#"{"data":null}"#,
            r#"{"data":{}}"#,
            r#"{"data":"x"}"#,
            r#"{"data":[}"#,
            r#"{"data":[]"#,
            r#"{"data":[]}x"#,
            r#"{"data":[],"data":[]}"#,
            r#"{"data":[],"next_page":7}"#,
            r#"{"data":[1 2]}"#,
        ] {
            assert!(said(body, &wanted(LIST)).is_err(), "{body}");
        }
        assert_eq!(said(r#"{"data":{"a":1}}"#, &wanted(Paging::None)).unwrap().rows, 1);
        assert_eq!(said(" {\"data\":[1.0, 2e400]} \n ", &wanted(LIST)).unwrap().rows, 2, "no number is read");
        assert!(read(b"{\"data\":[\"\xff\"]}", &wanted(LIST), &BTreeMap::new()).is_err());
    }

    #[test]
    fn what_is_nested_too_deep_is_refused_and_brackets_in_texts_are_not_nesting() {
        let body = |count: usize| format!("{{\"data\":[{}{}]}}", "[".repeat(count), "]".repeat(count));
        assert!(said(&body(62), &wanted(LIST)).is_ok());
        assert!(said(&body(63), &wanted(LIST)).unwrap_err().contains("deeper"));
        assert!(said(&body(1_000_000), &wanted(LIST)).is_err());
        assert!(said(&format!(r#"{{"data":["\"{}"]}}"#, "[".repeat(1000)), &wanted(LIST)).is_ok());
    }

    #[test]
    fn a_page_is_old_when_every_row_is_and_none_is_a_draft() {
        let from = timestamp::parse(b"2024-03-01").unwrap();
        let wanted = Wanted { back_to: Some(("issued_at", from)), ..wanted(LIST) };
        let old = r#"{"status":"FINALIZED","issued_at":"2024-02-29T23:59:59.9+00:00"}"#;
        for (rows, is_old) in [
            (old.to_owned(), true),
            (String::new(), false),
            (format!(r#"{old},{{"status":"draft","issued_at":"2024-01-01T00:00:00Z"}}"#), false),
            (format!(r#"{old},{{"status":"VOID"}}"#), false),
            (format!(r#"{{"issued_at":"2024-03-01T00:00:00Z"}},{old}"#), false),
            (format!(r#"{old},{{"issued_at":"soon"}}"#), false),
        ] {
            assert_eq!(said(&format!("{{\"data\":[{rows}]}}"), &wanted).unwrap().is_old, is_old, "{rows}");
        }
    }

    #[test]
    fn values_for_other_endpoints_come_from_rows_and_from_what_was_asked() {
        static PAIR: &[Per] = &[
            Per { parameter: "customer_id", endpoint: "contracts", field: "customer_id", asked: true },
            Per { parameter: "card", endpoint: "contracts", field: "rate.card", asked: false },
        ];
        let wanted = Wanted { children: vec![PER_CUSTOMER, PAIR], ..wanted(LIST) };
        let body =
            r#"{"data":[{"id":"a","rate":{"card":7}},{"id":"b","rate":null},{"id":null},{"rate":{"card":"k"}}]}"#;
        let page = said(body, &wanted).unwrap();
        let texts = |place: usize| page.children[place].iter().map(|values| values.join(" ")).collect::<Vec<_>>();
        assert_eq!(texts(0), ["a", "b"]);
        assert_eq!(texts(1), ["c9 7", "c9 k"]);
        assert_eq!(page.childless, 4);
        assert!(said(r#"{"data":[1]}"#, &wanted).unwrap_err().contains("not an object"));
    }

    #[test]
    fn the_words_of_an_error_are_found_where_there_are_any() {
        assert_eq!(refusal(br#"{"code":"X","message":"no"}"#), (Some("no".to_owned()), Some("X".to_owned())));
        assert_eq!(refusal(b"<html>"), (None, None));
        assert_eq!(refusal(br#"{"message":{"a":1}}"#), (None, None));
    }
}
