//! What an extraction reads of each endpoint: how far back, which days, from where in a log. Decided from the lake's
//! record of earlier reads and from nothing else. Pure.

use std::collections::BTreeMap;

use crate::catalog::endpoint::{Endpoint, Read};
use crate::extractions::Extractions;
use crate::place::landing::Reading;
use crate::settings::Api;
use crate::value::timestamp::{MICROS_PER_DAY, midnight};

/// Events are accepted 34 days late (Metronome's API reference), so the day they come and 34 before can still change.
const LATE_DAYS: i64 = 34;

/// What is wanted of an account.
pub struct Wanted {
    /// The endpoints, parents before their children.
    pub endpoints: Vec<&'static Endpoint>,
    /// Earlier reads that the lake has taken.
    pub history: Extractions,
    /// The issue date of the oldest draft in the lake, microseconds since the epoch.
    pub oldest_draft: Option<i64>,
    /// Everything there is, whatever was read before.
    pub is_full: bool,
}

/// What to read of the endpoints at `now`, microseconds since the epoch. Of days the ones in `window` are meant, or else
/// the last.
pub fn readings(wanted: &Wanted, api: &Api, window: Option<(i64, i64)>, now: i64) -> BTreeMap<String, Reading> {
    let Wanted { endpoints, history, oldest_draft, is_full } = wanted;
    let reading = |endpoint: &&'static Endpoint| {
        let last = history.complete(endpoint.name).next_back();
        let reading = match endpoint.read {
            Read::Whole => Reading::default(),
            Read::NewestFirst { .. } => {
                let full_since = now - i64::from(api.full_every_days) * MICROS_PER_DAY;
                let mut reads = history.complete(endpoint.name).rev();
                let is_due = !reads.any(|read| read.from.is_none() && read.began_at > full_since);
                let back = midnight(now) - i64::from(api.lookback_days) * MICROS_PER_DAY;
                // A draft that is not shown is one that is no more: so all drafts must be read.
                let from = oldest_draft.map_or(back, |oldest| oldest.min(back));
                Reading { from: (!is_due && !*is_full).then_some(from), ..Reading::default() }
            }
            Read::Days { .. } => {
                let (from, until) = window.unwrap_or_else(|| {
                    let today = midnight(now);
                    let seen = last.map_or(today, |last| midnight(last.began_at).min(today));
                    (seen - LATE_DAYS * MICROS_PER_DAY, today + MICROS_PER_DAY)
                });
                Reading { from: Some(from), until: Some(until), ..Reading::default() }
            }
            Read::Log => {
                Reading { cursor: last.filter(|_| !*is_full).and_then(|last| last.cursor), ..Reading::default() }
            }
        };
        (endpoint.name.to_owned(), reading)
    };
    endpoints.iter().map(reading).collect()
}
