//! How often each endpoint was asked, and how that went.

use crate::api::json::{Json, Object};
use std::collections::{BTreeMap, HashSet};

/// The counts of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All requests.
    pub requests: u64,
    /// Those answered with 2xx and no fault.
    pub answered: u64,
    /// Those refused with 4xx because of what they said.
    pub refused: u64,
    /// Those over the rate limit.
    pub limited: u64,
    /// Those that went wrong on script.
    pub faulted: u64,
    /// Those that asked, word for word, what had been answered before.
    pub repeated: u64,
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// See [`Count::answered`].
    Answered,
    /// See [`Count::refused`].
    Refused,
    /// See [`Count::limited`].
    Limited,
    /// See [`Count::faulted`].
    Faulted,
}

/// The counts of a server.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// By endpoint, such as `GET /v1/customers/{customer_id}`.
    pub endpoints: BTreeMap<String, Count>,
    /// The most requests that were being answered at one time.
    pub most_at_once: u64,
    now: u64,
    seen: HashSet<u64>,
}

impl Counts {
    /// The sum over all endpoints.
    pub fn total(&self) -> Count {
        self.endpoints.values().fold(Count::default(), |sum, one| Count {
            requests: sum.requests + one.requests,
            answered: sum.answered + one.answered,
            refused: sum.refused + one.refused,
            limited: sum.limited + one.limited,
            faulted: sum.faulted + one.faulted,
            repeated: sum.repeated + one.repeated,
        })
    }

    /// The counts of an endpoint; zeros for one never asked.
    pub fn of(&self, name: &str) -> Count {
        self.endpoints.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn begin(&mut self, name: &str, fingerprint: u64) {
        let count = self.endpoints.entry(name.into()).or_default();
        count.requests += 1;
        count.repeated += u64::from(self.seen.contains(&fingerprint));
        self.now += 1;
        self.most_at_once = self.most_at_once.max(self.now);
    }

    pub(crate) fn end(&mut self, name: &str, fingerprint: u64, outcome: Outcome) {
        let count = self.endpoints.entry(name.into()).or_default();
        self.now = self.now.saturating_sub(1);
        match outcome {
            Outcome::Answered => {
                count.answered += 1;
                self.seen.insert(fingerprint);
            }
            Outcome::Refused => count.refused += 1,
            Outcome::Limited => count.limited += 1,
            Outcome::Faulted => count.faulted += 1,
        }
    }

    /// As JSON: `total`, `most_at_once`, and `endpoints` by name.
    pub fn json(&self) -> Json {
        let one = |count: &Count| {
            Object::new()
                .set("requests", count.requests)
                .set("answered", count.answered)
                .set("refused", count.refused)
                .set("limited", count.limited)
                .set("faulted", count.faulted)
                .set("repeated", count.repeated)
        };
        let endpoints = self.endpoints.iter().fold(Object::new(), |all, (name, count)| all.set(name, one(count)));
        Object::new()
            .set("total", one(&self.total()))
            .set("most_at_once", self.most_at_once)
            .set("endpoints", endpoints)
            .into()
    }
}
