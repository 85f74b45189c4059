//! The billing API: reads endpoints into the journals of an extraction. Knows endpoints and answers, not tables: what the
//! rows mean is settled when they are normalized.
//!
//! ```text
//! request            an endpoint and values -> what is sent
//!   client           one request -> a body, or what happened
//!     retry          what happened -> what to do about it
//!   page, guard      a body -> rows, cursor, ids; and nothing that goes round in circles
//!     progress       one series, page by page
//!       schedule     all of them, in their order      replay: from the journals of a run that was cut off
//! pace, journals     how fast to ask; answers made durable
//!   extraction       the loop
//! ```

mod client;
mod extraction;
mod guard;
mod journals;
mod pace;
mod page;
mod probe;
mod progress;
mod replay;
mod request;
mod retry;
mod schedule;
#[cfg(test)]
mod tests;

pub use probe::{Planned, Probe, Probed, planned, probe};

use tracing::info;
use url::Url;

use crate::catalog::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::place::landing::Extraction;
use crate::printer::counted;
use crate::settings::{Api, Token};
use extraction::Work;
use schedule::Schedule;

/// Where the time comes from: the machine's clock, or the simulator's.
pub trait Clock: Send + Sync {
    /// Microseconds since the epoch.
    fn now_micros(&self) -> i64;
}

/// What an extraction reads with.
pub struct Extract<'a> {
    /// What is read: for each endpoint its parents too, see [`with_parents`].
    pub endpoints: &'a [&'static Endpoint],
    /// How hard the account may be asked.
    pub api: &'a Api,
    /// Where it is.
    pub base_url: &'a Url,
    /// What it is asked with.
    pub token: &'a Token,
    /// Dates the answers.
    pub clock: &'a dyn Clock,
    /// When the last answer of any earlier extraction was received: microseconds since the epoch.
    pub after: i64,
}

/// An endpoint that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub endpoint: &'static str,
    /// Why.
    pub error: Error,
}

/// Reads an extraction that was begun to its end, or goes on with one that was cut off: what its journals hold is not
/// asked for again. When this returns, [`Extraction::ended`] is set and durable; endpoints that could not be read have
/// their error in it and are returned, the others are complete. Dropped before that, it leaves an extraction that can go on.
///
/// # Errors
/// Those that leave the extraction without an outcome, so that the next run goes on with it: auth (exit 4) for a token
/// that is not accepted or may not read an endpoint, temporary (75) where the API cannot be reached or the time is over,
/// failed where the disk refuses, damaged (5) where a journal is. And usage (2) for an address that the token is not sent to.
pub async fn extract(extraction: &mut Extraction, with: Extract<'_>) -> Result<Vec<Failure>> {
    let mut schedule = Schedule::new(with.endpoints, &extraction.plan)?;
    let paths: Vec<_> = with.endpoints.iter().map(|endpoint| extraction.journal(endpoint.name)).collect();
    // Journals may be long.
    let replayed =
        tokio::task::spawn_blocking(move || replay::replay(&mut schedule, &paths).map(|held| (schedule, held)));
    let (schedule, held) =
        replayed.await.map_err(|error| Error::failed(format!("reading the journals: {error}")))??;
    if held.answers > 0 {
        info!(
            answers = held.answers,
            "goes on with extraction {}, which has {}",
            extraction.plan.id,
            counted(held.answers, "answer")
        );
    }
    let work = Work::new(&with, extraction, schedule, &held.whole_bytes, held.received_at)?;
    let (ended, failures) = work.run().await?;
    extraction.end(ended)?;
    Ok(failures)
}

/// These endpoints and, before each, those that it is asked for each row of, out of `all`; none twice.
pub fn with_parents(
    selected: &[&'static Endpoint],
    all: impl Iterator<Item = &'static Endpoint>,
) -> Vec<&'static Endpoint> {
    fn add(endpoint: &'static Endpoint, all: &[&'static Endpoint], found: &mut Vec<&'static Endpoint>, depth: usize) {
        let parent = endpoint.per.first().and_then(|per| all.iter().find(|other| other.name == per.endpoint));
        if let Some(parent) = parent.filter(|_| depth < all.len()) {
            add(parent, all, found, depth + 1);
        }
        if !found.iter().any(|other| other.name == endpoint.name) {
            found.push(endpoint);
        }
    }
    let all: Vec<_> = all.collect();
    let mut found = Vec::new();
    selected.iter().for_each(|endpoint| add(endpoint, &all, &mut found, 0));
    found
}
