//! From an HTTP request to an HTTP response: limits, faults of the wire, and the server's own paths.

use super::answer::{Said, answer, find, pairs};
use super::counts::Outcome;
use super::faults::{Fault, Rule, Script};
use super::state::State as Server;
use super::wire::Line;
use crate::api::field::moment;
use crate::api::json::{Json, Object, zulu};
use crate::api::refusal::Refusal;
use crate::random::mix;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::{StreamExt, stream};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// No request of the API is near this long.
const LONGEST_BODY: usize = 4 << 20;

/// Everything goes through one function: endpoints are data.
pub fn router(state: Arc<Server>) -> Router {
    Router::new().fallback(handle).with_state(state)
}

fn text_response(status: u16, kind: &'static str, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn json_response(status: u16, json: &Json) -> Response {
    text_response(status, "application/json", json.text())
}

fn refused(refusal: &Refusal, v2: bool) -> Response {
    json_response(refusal.status, &refusal.body(v2))
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn too_many(kind: &str) -> Response {
    let message = Object::new().set("message", format!("too many requests for this {kind}"));
    let mut response = json_response(429, &message.into());
    put(&mut response, HeaderName::from_static("x-metronome-rate-limit-type"), kind);
    response
}

fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn fingerprint(said: &Said) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| bytes.iter().for_each(|byte| hash = mix(hash ^ u64::from(*byte)));
    add(said.method.as_bytes());
    add(said.path.as_bytes());
    let mut query = said.query.clone();
    query.sort();
    query.iter().for_each(|(name, value)| {
        add(name.as_bytes());
        add(value.as_bytes());
    });
    add(&said.body);
    hash
}

async fn handle(State(state): State<Arc<Server>>, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return refused(&Refusal::bad("the body is too long"), false);
    };
    let said = Said {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or_default()),
        token: token(&head.headers),
        body: body.to_vec(),
    };
    if let Some(path) = said.path.strip_prefix("/_simulator/") {
        return own(&state, path, &said);
    }
    let found = find(&state, &said);
    let (name, v2) = match &found {
        Some((endpoint, _)) => (endpoint.name(), endpoint.v2()),
        None => ("unknown".to_owned(), said.path.starts_with("/v2/")),
    };
    let print = fingerprint(&said);
    state.counts().begin(&name, print);
    // Counted as ended even where the caller hangs up in the middle.
    let mut ended = Ended { state: &state, name: &name, print, outcome: Outcome::Faulted };
    if !state.latency.is_zero() {
        tokio::time::sleep(state.latency).await;
    }
    if !state.passes() {
        ended.outcome = Outcome::Limited;
        return too_many("client");
    }
    let key = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    if let Some(status) = key.as_ref().and_then(|key| state.stored().get(key).copied()) {
        return failure(status);
    }
    let rule = state.script().next(&said.method, &said.path);
    if let Some(response) = rule.as_ref().and_then(before) {
        if let (Some(key), true) = (key, response.status().is_server_error()) {
            state.stored().insert(key, response.status().as_u16());
        }
        return response;
    }
    let Some((endpoint, parts)) = found else {
        ended.outcome = Outcome::Refused;
        return refused(&Refusal::missing("path"), v2);
    };
    let answered = answer(&state, endpoint, parts, &said, rule.as_ref());
    ended.outcome = match (&rule, &answered) {
        (Some(_), _) => Outcome::Faulted,
        (None, Ok(_)) => Outcome::Answered,
        (None, Err(_)) => Outcome::Refused,
    };
    let (status, json) = match answered {
        Ok(json) => (200, json),
        Err(refusal) => (refusal.status, refusal.body(v2)),
    };
    match rule {
        Some(rule) => after(&line, &rule, status, json.text()).await,
        None => json_response(status, &json),
    }
}

struct Ended<'a> {
    state: &'a Server,
    name: &'a str,
    print: u64,
    outcome: Outcome,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.state.counts().end(self.name, self.print, self.outcome);
    }
}

fn failure(status: u16) -> Response {
    json_response(status, &Object::new().set("message", "something went wrong").into())
}

/// Faults that answer in place of the API.
fn before(rule: &Rule) -> Option<Response> {
    let mut response = match rule.fault {
        Fault::TooMany => too_many(rule.limit.as_deref().unwrap_or("client")),
        Fault::Status => failure(rule.status.unwrap_or(500)),
        Fault::Html => text_response(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title><p>Please sign in.</p>",
        ),
        Fault::ErrorObject => json_response(200, &Object::new().set("message", "something went wrong").into()),
        Fault::Redirect => {
            let mut response = text_response(302, "text/plain", "");
            put(&mut response, LOCATION, rule.location.as_deref().unwrap_or("https://elsewhere.invalid/v1/customers"));
            response
        }
        _ => return None,
    };
    if let Some(seconds) = &rule.retry_after {
        put(&mut response, RETRY_AFTER, seconds);
    }
    if let Some(millis) = &rule.retry_after_ms {
        put(&mut response, HeaderName::from_static("retry-after-ms"), millis);
    }
    for (name, value) in &rule.headers {
        if let Ok(name) = HeaderName::try_from(name.as_str()) {
            put(&mut response, name, value);
        }
    }
    Some(response)
}

/// Faults in how an answer is sent.
async fn after(line: &Line, rule: &Rule, status: u16, text: String) -> Response {
    let pause = Duration::from_millis(rule.ms.unwrap_or(200));
    let head = |length: usize| {
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n")
            .into_bytes()
    };
    match rule.fault {
        Fault::Slow => tokio::time::sleep(pause).await,
        Fault::Drop => line.say_instead(Vec::new()),
        Fault::Truncate => {
            let mut bytes = head(text.len());
            bytes.extend_from_slice(&text.as_bytes()[..text.len() / 2]);
            line.say_instead(bytes);
        }
        Fault::OverLong => {
            let mut bytes = head(text.len());
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend(std::iter::repeat_n(b'x', rule.bytes.unwrap_or(4_096)));
            line.say_instead(bytes);
        }
        Fault::Padded => {
            let padded = text + &" ".repeat(rule.bytes.unwrap_or(1 << 20));
            return text_response(status, "application/json", padded);
        }
        Fault::Dribble => {
            let size = rule.bytes.unwrap_or(16).max(1);
            let pieces: Vec<Bytes> = text.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
            let slowly = stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, Infallible>(piece)
            });
            return text_response(status, "application/json", Body::from_stream(slowly));
        }
        _ => {}
    }
    text_response(status, "application/json", text)
}

/// The server's own paths: `counts`, `clock`, `faults`.
fn own(state: &Server, path: &str, said: &Said) -> Response {
    let done = || json_response(200, &Object::new().set("done", true).into());
    match (said.method.as_str(), path) {
        ("GET", "counts") => json_response(200, &state.counts().json()),
        ("GET", "clock") => {
            let now = state.clock().load(Ordering::Relaxed);
            json_response(200, &Object::new().set("now", zulu(now)).into())
        }
        ("POST", "clock") => match set_clock(state, &said.body) {
            Ok(()) => done(),
            Err(refusal) => refused(&refusal, false),
        },
        ("POST", "faults") => match Script::parse(&said.body) {
            Ok(rules) => {
                *state.script() = Script::new(rules);
                done()
            }
            Err(message) => refused(&Refusal::bad(message), false),
        },
        _ => refused(&Refusal::missing("path"), false),
    }
}

/// `{"now": "2024-05-02T00:00:00Z"}` or `{"advance_seconds": 3600}`.
fn set_clock(state: &Server, body: &[u8]) -> Result<(), Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad("the body is not JSON"))?;
    if let Some(now) = body.get("now").and_then(Value::as_str) {
        let now = moment(now).ok_or_else(|| Refusal::bad("now must be an RFC 3339 timestamp"))?;
        state.clock().store(now, Ordering::Relaxed);
        return Ok(());
    }
    let seconds = body.get("advance_seconds").and_then(Value::as_i64);
    let seconds = seconds.ok_or_else(|| Refusal::bad("now or advance_seconds is required"))?;
    state.clock().fetch_add(seconds * 1_000, Ordering::Relaxed);
    Ok(())
}
