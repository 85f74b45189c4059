//! From an endpoint and what a series is about to one request: method, path with query, and body. Pure.
//!
//! Every value is encoded where it stands, so an id from an answer cannot become another path or parameter.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::catalog::endpoint::{Endpoint, Method, Paging, Read, Value};
use crate::error::{Error, Result};
use crate::place::landing::Reading;
use crate::value::timestamp::{self, MICROS_PER_DAY};

/// One sequence of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Of what.
    pub endpoint: &'static Endpoint,
    /// A value for each of [`Endpoint::per`], in its order.
    pub values: Arc<[String]>,
    /// What else tells it from the other series with these values.
    pub part: Part,
}

/// A part of what is asked with the same values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// Place in [`Endpoint::passes`]; 0 where there are none.
    pub pass: usize,
    /// First instant and first instant after, of [`Read::Days`]: microseconds since the epoch.
    pub days: Option<(i64, i64)>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Path and query, without the host.
    pub path: String,
    /// JSON; none for GET.
    pub body: Option<String>,
}

/// The parts that an endpoint is asked in for each set of values, passes outermost, days ascending.
///
/// # Errors
/// Failed where an endpoint that is read by days is not told which.
pub fn parts(endpoint: &Endpoint, reading: &Reading) -> Result<Vec<Part>> {
    let days: Vec<Option<(i64, i64)>> = match endpoint.read {
        Read::Days { step, .. } => {
            let (Some(from), Some(until)) = (reading.from, reading.until) else {
                return Err(Error::failed(format!("the plan does not say which days of {} to read", endpoint.name)));
            };
            let step = i64::from(step.max(1)) * MICROS_PER_DAY;
            let starts = std::iter::successors(Some(from), |start| start.checked_add(step));
            starts.take_while(|start| *start < until).map(|start| Some((start, (start + step).min(until)))).collect()
        }
        Read::Whole | Read::NewestFirst { .. } | Read::Log => vec![None],
    };
    let passes = 0..endpoint.passes.len().max(1);
    Ok(passes.flat_map(|pass| days.iter().map(move |days| Part { pass, days: *days })).collect())
}

impl Series {
    /// What it was asked with and rows can be told by: values, pass and days, not the parameters that never change.
    pub fn asked(&self) -> BTreeMap<String, String> {
        self.telling().into_iter().map(|(name, value)| (name.to_owned(), text_of(&value))).collect()
    }

    /// Unique in the endpoint: `customer_id=… starting_on=…`. Blanks, `=` and `%` in values are encoded.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.telling() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
            text.push('=');
            encode(&text_of(&value), |byte| byte.is_ascii_graphic() && !b"=%".contains(&byte), &mut text);
        }
        text
    }

    /// Whose it is, for limits that are of one customer; none where it is not asked for one.
    pub fn customer(&self) -> Option<&str> {
        let place = self.endpoint.per.iter().position(|per| per.parameter == "customer_id")?;
        self.values.get(place).map(String::as_str)
    }

    /// The request for the page behind a cursor, or for the first. `limit` stands in for the endpoint's own, where it
    /// takes one.
    ///
    /// # Errors
    /// Data (exit 3) when a value cannot stand in a path.
    pub fn request(&self, cursor: Option<&str>, limit: Option<u16>) -> Result<Request> {
        let endpoint = self.endpoint;
        let mut path = endpoint.path.to_owned();
        let mut query = String::new();
        let mut body = Map::new();
        let mut say = |name: &str, value: &Said, in_query: bool| {
            if in_query {
                write_pair(name, value, &mut query);
            } else {
                body.insert(name.to_owned(), json_of(value));
            }
        };
        let is_get = endpoint.method == Method::Get;
        let telling = self.telling();
        for (name, value) in endpoint.parameters.iter().map(said).chain(telling) {
            let mark = format!("{{{name}}}");
            if path.contains(&mark) {
                path = path.replace(&mark, &segment(&text_of(&value))?);
            } else {
                say(name, &value, is_get);
            }
        }
        let (cursor_name, own_limit, in_query) = match endpoint.paging {
            Paging::None => ("", None, true),
            Paging::Query { limit } => ("next_page", limit, true),
            Paging::Log { limit } => ("next_page", Some(limit), true),
            Paging::Body { cursor, limit } => (cursor, limit, is_get),
        };
        if let Some(own) = own_limit {
            say("limit", &Said::Number(limit.unwrap_or(own)), in_query);
        }
        if let Some(cursor) = cursor.filter(|_| !cursor_name.is_empty()) {
            say(cursor_name, &Said::Text(cursor.to_owned()), in_query);
        }
        path.push_str(&query);
        Ok(Request { method: endpoint.method, path, body: (!is_get).then(|| Json::Object(body).to_string()) })
    }

    /// Values, pass and days by name.
    fn telling(&self) -> Vec<(&'static str, Said)> {
        let values = self.endpoint.per.iter().zip(self.values.iter());
        let mut all: Vec<_> = values.map(|(per, value)| (per.parameter, Said::Text(value.clone()))).collect();
        all.extend(self.endpoint.passes.get(self.part.pass).into_iter().copied().flatten().map(said));
        if let (Some((first, after)), Read::Days { from, until, .. }) = (self.part.days, self.endpoint.read) {
            for (name, instant) in [(from, first), (until, after)] {
                all.push((name, Said::Text(timestamp::text(instant))));
            }
        }
        all
    }
}

impl Request {
    /// `GET` or `POST`.
    pub fn verb(&self) -> &'static str {
        match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A parameter with its value.
enum Said {
    Constant(Value),
    Text(String),
    Number(u16),
}

fn said((name, value): &(&'static str, Value)) -> (&'static str, Said) {
    (name, Said::Constant(*value))
}

fn text_of(said: &Said) -> String {
    match said {
        Said::Constant(Value::Text(text)) => (*text).to_owned(),
        Said::Constant(Value::Flag(flag)) => flag.to_string(),
        Said::Constant(Value::Texts(texts)) => texts.join(","),
        Said::Text(text) => text.clone(),
        Said::Number(number) => number.to_string(),
    }
}

fn json_of(said: &Said) -> Json {
    match said {
        Said::Constant(Value::Text(text)) => Json::from(*text),
        Said::Constant(Value::Flag(flag)) => Json::from(*flag),
        Said::Constant(Value::Texts(texts)) => Json::from(texts.to_vec()),
        Said::Text(text) => Json::from(text.as_str()),
        Said::Number(number) => Json::from(*number),
    }
}

fn write_pair(name: &str, said: &Said, query: &mut String) {
    query.push(if query.is_empty() { '?' } else { '&' });
    query.push_str(name);
    query.push('=');
    // The commas between texts stay as they are: that is how the vendor's clients send lists.
    let lists = matches!(said, Said::Constant(Value::Texts(_)));
    encode(&text_of(said), |byte| is_unreserved(byte) || (lists && byte == b','), query);
}

/// A value as one part of a path. Parts that would walk up the path cannot be encoded.
fn segment(value: &str) -> Result<String> {
    if matches!(value, "" | "." | "..") {
        return Err(Error::data(format!("the id {value:?} cannot stand in a path")));
    }
    let mut out = String::new();
    encode(value, is_unreserved, &mut out);
    Ok(out)
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn encode(text: &str, stays: impl Fn(u8) -> bool, out: &mut String) {
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::endpoint::{PER_CUSTOMER, Per};

    const DAY: i64 = MICROS_PER_DAY;

    static INVOICES: Endpoint = Endpoint {
        name: "invoices",
        path: "/v1/customers/{customer_id}/invoices",
        per: PER_CUSTOMER,
        parameters: &[("sort", Value::Text("date_desc")), ("status", Value::Texts(&["A B", "C"]))],
        ..Endpoint::NEW
    };
    static BALANCES: Endpoint = Endpoint {
        name: "balances",
        method: Method::Post,
        path: "/v1/contracts/customerBalances/list",
        per: PER_CUSTOMER,
        parameters: &[("include_ledgers", Value::Flag(true)), ("kinds", Value::Texts(&["A"]))],
        paging: Paging::Body { cursor: "next_page", limit: Some(25) },
        ..Endpoint::NEW
    };
    static USAGE: Endpoint = Endpoint {
        name: "usage",
        method: Method::Post,
        path: "/v1/usage",
        per: &[Per { parameter: "metric", endpoint: "metrics", field: "id", asked: false }],
        passes: &[&[("window_size", Value::Text("DAY"))], &[("window_size", Value::Text("NONE"))]],
        paging: Paging::Query { limit: None },
        read: Read::Days { from: "starting_on", until: "ending_before", step: 2 },
        ..Endpoint::NEW
    };

    fn series(endpoint: &'static Endpoint, value: &str, part: Part) -> Series {
        Series { endpoint, values: [value.to_owned()].into(), part }
    }

    #[test]
    fn a_get_says_everything_in_its_path_and_query() {
        let request = series(&INVOICES, "c/1?x", Part::default()).request(Some("a+b=="), None).unwrap();
        let path = "/v1/customers/c%2F1%3Fx/invoices?sort=date_desc&status=A%20B,C&limit=100&next_page=a%2Bb%3D%3D";
        assert_eq!(request, Request { method: Method::Get, path: path.to_owned(), body: None });
    }

    #[test]
    fn a_post_says_its_filters_in_the_body_and_its_cursor_where_the_endpoint_wants_it() {
        let request = series(&BALANCES, "c1", Part::default()).request(Some("x"), Some(1)).unwrap();
        assert_eq!(request.path, "/v1/contracts/customerBalances/list");
        let body: Json = serde_json::from_str(&request.body.unwrap()).unwrap();
        let expected = serde_json::json!({
            "customer_id": "c1", "include_ledgers": true, "kinds": ["A"], "limit": 1, "next_page": "x"
        });
        assert_eq!(body, expected);
        let request = series(&USAGE, "m", Part { pass: 1, days: Some((0, DAY)) }).request(Some("x"), Some(1)).unwrap();
        assert_eq!(request.path, "/v1/usage?next_page=x", "it takes no limit");
        assert!(request.body.unwrap().contains("\"starting_on\":\"1970-01-01T00:00:00Z\""));
    }

    #[test]
    fn the_text_of_a_series_tells_it_from_every_other() {
        let part = Part { pass: 1, days: Some((0, 2 * DAY)) };
        let text =
            "metric=a%20b%3D1 window_size=NONE starting_on=1970-01-01T00:00:00Z ending_before=1970-01-03T00:00:00Z";
        assert_eq!(series(&USAGE, "a b=1", part).text(), text);
        assert_eq!(series(&INVOICES, "c1", Part::default()).text(), "customer_id=c1");
        assert_eq!(series(&INVOICES, "c1", Part::default()).asked(), [("customer_id".into(), "c1".into())].into());
        static ROOT: Endpoint = Endpoint { name: "root", path: "/v1/root", ..Endpoint::NEW };
        assert_eq!(Series { endpoint: &ROOT, values: [].into(), part: Part::default() }.text(), "");
    }

    #[test]
    fn an_id_that_would_walk_up_the_path_is_refused() {
        for value in ["", ".", ".."] {
            let refused = series(&INVOICES, value, Part::default()).request(None, None).unwrap_err();
            assert_eq!(refused.exit_code(), 3, "{value:?}");
        }
    }

    #[test]
    fn days_are_cut_into_steps_that_meet_and_end_where_they_should() {
        let reading = Reading { from: Some(0), until: Some(5 * DAY), cursor: None };
        let days: Vec<_> =
            parts(&USAGE, &reading).unwrap().iter().map(|part| (part.pass, part.days.unwrap())).collect();
        let steps = [(0, 2 * DAY), (2 * DAY, 4 * DAY), (4 * DAY, 5 * DAY)];
        assert_eq!(days, [steps.map(|days| (0, days)), steps.map(|days| (1, days))].concat());
        assert_eq!(parts(&INVOICES, &reading).unwrap(), [Part::default()]);
        assert!(parts(&USAGE, &Reading::default()).is_err());
    }
}
