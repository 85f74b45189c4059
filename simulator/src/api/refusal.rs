//! Answers that are errors, in the envelopes of the two API versions.

use super::json::{Json, Object};

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The word that v2 answers carry beside the message.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    /// 400: the request is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, code: "BadRequest", message: message.into() }
    }

    /// 401: who are you.
    pub fn unknown_caller() -> Self {
        Self { status: 401, code: "Unauthorized", message: "missing or unknown bearer token".into() }
    }

    /// 403: not with this token.
    pub fn forbidden() -> Self {
        Self { status: 403, code: "Forbidden", message: "the token may not read this endpoint".into() }
    }

    /// 404: no such thing.
    pub fn missing(what: &str) -> Self {
        Self { status: 404, code: "NotFound", message: format!("{what} not found") }
    }

    /// A customer that does not exist: the v2 contract endpoints say so with 400 and a code of its own.
    pub fn no_customer(v2: bool) -> Self {
        let status = if v2 { 400 } else { 404 };
        Self { status, code: "CustomerNotFound", message: "customer not found".into() }
    }

    /// Its body: `message`, and on v2 `code` before it.
    pub fn body(&self, v2: bool) -> Json {
        let code = v2.then_some(self.code);
        Object::new().some("code", code).set("message", &self.message).into()
    }
}
