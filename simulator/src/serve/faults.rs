//! Faults on script: which request goes wrong, and how. A script is a JSON list of rules; the first that fits is taken.
//!
//! ```json
//! [{"method": "GET", "path": "/v1/customers/*/invoices", "nth": 3, "times": 2, "fault": "status", "status": 503}]
//! ```

use serde::Deserialize;
use std::collections::BTreeMap;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 429, with `limit` (`client` or `customer`), and with `retry_after` and `retry_after_ms` where given.
    TooMany,
    /// An error with `status`, 500 if not given.
    Status,
    /// The first byte comes after `ms`.
    Slow,
    /// The body comes `bytes` at a time, `ms` apart.
    Dribble,
    /// The connection is cut before the first byte.
    Drop,
    /// The connection is cut in the middle of the body.
    Truncate,
    /// More bytes come than `Content-Length` says.
    OverLong,
    /// `bytes` of white space follow the body, and `Content-Length` says so.
    Padded,
    /// A page of HTML with status 200.
    Html,
    /// An error object with status 200.
    ErrorObject,
    /// 302 to `location`.
    Redirect,
    /// A cursor that leads to the same page again.
    RepeatedCursor,
    /// A cursor that leads back to the first page.
    CursorCycle,
    /// The page comes a second time, by another cursor.
    DuplicatedPage,
    /// The last row comes again on the next page.
    MovedRow,
    /// The row after the last is passed over.
    LostRow,
    /// The page is empty, and the next one is the page that was asked for.
    EmptyPage,
    /// The page has `rows` rows (all of them if not given), whatever the limit.
    HugePage,
    /// `field` (`status` if not given) of every row becomes `value`.
    UnknownEnum,
    /// `field` (`total` if not given) of every row has another type.
    ChangedType,
    /// `field` of every row is not there.
    MissingField,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `GET` or `POST`; any if not given.
    pub method: Option<String>,
    /// The path; `*` stands for one part, `**` at the end for any rest. Any path if not given.
    pub path: Option<String>,
    /// The first of the matching requests that goes wrong, from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many in a row; 0 for all that follow.
    #[serde(default = "one")]
    pub times: u64,
    /// Every so many requests again, counted from `nth`.
    pub every: Option<u64>,
    /// What goes wrong.
    pub fault: Fault,
    /// Status of [`Fault::Status`].
    pub status: Option<u16>,
    /// Kind of [`Fault::TooMany`].
    pub limit: Option<String>,
    /// Header `Retry-After`, as it is sent.
    pub retry_after: Option<String>,
    /// Header `retry-after-ms`, as it is sent.
    pub retry_after_ms: Option<String>,
    /// Other headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Milliseconds.
    pub ms: Option<u64>,
    /// Bytes.
    pub bytes: Option<usize>,
    /// Rows.
    pub rows: Option<usize>,
    /// The field that changes, anywhere in a row.
    pub field: Option<String>,
    /// What it changes to.
    pub value: Option<String>,
    /// Where a redirect leads.
    pub location: Option<String>,
}

fn one() -> u64 {
    1
}

impl Rule {
    /// A rule without parameters, for the first matching request.
    pub fn new(path: &str, fault: Fault) -> Self {
        Self {
            method: None,
            path: Some(path.into()),
            nth: 1,
            times: 1,
            every: None,
            fault,
            status: None,
            limit: None,
            retry_after: None,
            retry_after_ms: None,
            headers: BTreeMap::new(),
            ms: None,
            bytes: None,
            rows: None,
            field: None,
            value: None,
            location: None,
        }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| path_fits(pattern, path))
    }

    fn hits(&self, count: u64) -> bool {
        let Some(since) = count.checked_sub(self.nth) else { return false };
        match self.every {
            Some(every) => since % every.max(1) < self.times,
            None => self.times == 0 || since < self.times,
        }
    }
}

fn path_fits(pattern: &str, path: &str) -> bool {
    let mut given = path.split('/');
    for own in pattern.split('/') {
        match (own, given.next()) {
            ("**", Some(_)) => return true,
            ("*", Some(_)) => {}
            (own, Some(part)) if own == part => {}
            _ => return false,
        }
    }
    given.next().is_none()
}

/// A script under way.
#[derive(Debug, Default)]
pub struct Script(Vec<(Rule, u64)>);

impl Script {
    /// A script from its beginning.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules.into_iter().map(|rule| (rule, 0)).collect())
    }

    /// Reads a script.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it where it is no list of rules.
    pub fn parse(text: &[u8]) -> Result<Vec<Rule>, String> {
        serde_json::from_slice(text).map_err(|error| format!("fault script: {error}"))
    }

    /// The rule that a request falls under, counting the request for every rule that it matches.
    pub fn next(&mut self, method: &str, path: &str) -> Option<Rule> {
        let mut hit = None;
        for (rule, count) in &mut self.0 {
            if rule.fits(method, path) {
                *count += 1;
                if hit.is_none() && rule.hits(*count) {
                    hit = Some(rule.clone());
                }
            }
        }
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_only_the_requests_it_matches() {
        let mut script =
            Script::new(vec![Rule { nth: 2, times: 2, ..Rule::new("/v1/customers/*/invoices", Fault::Drop) }]);
        let mut hit = |path: &str| script.next("GET", path).is_some();
        assert!(!hit("/v1/customers"));
        assert_eq!([(); 4].map(|()| hit("/v1/customers/7/invoices")), [false, true, true, false]);
    }

    #[test]
    fn a_rule_may_come_again_and_may_cover_a_whole_branch() {
        let mut script = Script::new(vec![Rule { every: Some(3), ..Rule::new("/v1/**", Fault::Status) }]);
        let hits = [(); 7].map(|()| script.next("POST", "/v1/contracts/list").is_some());
        assert_eq!(hits, [true, false, false, true, false, false, true]);
    }
}
