//! What was read of the API and when: the lake's record of extractions, which landing's own are added to. Which rows a
//! read has replaced follows from it, and so does what the next one asks for.

use std::collections::BTreeMap;

use crate::catalog::Table;
use crate::catalog::runs::EXTRACTIONS;
use crate::error::Result;
use crate::place::lake::Lake;
use crate::place::landing::Extraction;
use crate::place::records::{Row, cell, commit_rows, newest_rows};
use crate::run::Run;
use crate::value::timestamp;

/// Extractions by the time they began, and in each its endpoints: rows of `etl.extractions`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extractions(BTreeMap<(i64, String, String), Row>);

/// A complete read of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// When its extraction began: microseconds since the epoch.
    pub began_at: i64,
    /// First instant of its days, or how far back it went.
    pub from: Option<i64>,
    /// First instant after its days.
    pub until: Option<i64>,
    /// Where a log was left off.
    pub cursor: Option<String>,
    /// Rows that it listed.
    pub rows: u64,
    /// Requests that it took.
    pub requests: u64,
    /// Whether its answers were those of an earlier read, whose journal stands for both.
    pub is_repeat: bool,
}

/// When a complete read of an endpoint began, and what of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// When it began: microseconds since the epoch. Rows received before may be replaced.
    pub began_at: i64,
    /// The days it read, where it is read by days: first instant and first instant after.
    pub days: Option<(i64, i64)>,
}

impl Extractions {
    /// Those that the lake has taken.
    ///
    /// # Errors
    /// Damaged (exit 5) when the record cannot be read.
    pub async fn of_lake(lake: &Lake) -> Result<Self> {
        let mut rows = BTreeMap::new();
        for row in newest_rows(lake, &EXTRACTIONS).await? {
            let of = |name: &str| cell(&EXTRACTIONS, &row, name).unwrap_or_default().to_owned();
            let began_at = instant(&row, "began_at").unwrap_or_default();
            rows.insert((began_at, of("extraction_id"), of("endpoint")), row);
        }
        Ok(Self(rows))
    }

    /// These and the ended ones of landing.
    #[must_use]
    pub fn with(mut self, landed: &[Extraction]) -> Self {
        for extraction in landed {
            let Some(ended) = &extraction.ended else { continue };
            let plan = &extraction.plan;
            for (endpoint, outcome) in &ended.endpoints {
                let reading = plan.endpoints.get(endpoint).cloned().unwrap_or_default();
                let row = vec![
                    Some(plan.id.clone()),
                    Some(endpoint.clone()),
                    Some(plan.base_url.clone()),
                    Some(timestamp::text(plan.began_at)),
                    Some(timestamp::text(ended.ended_at)),
                    reading.from.map(timestamp::text),
                    reading.until.map(timestamp::text),
                    outcome.cursor.clone(),
                    Some(outcome.answers.to_string()),
                    Some(outcome.rows.to_string()),
                    Some(outcome.requests.to_string()),
                    outcome.error.clone(),
                    outcome.repeats.clone(),
                ];
                self.0.insert((plan.began_at, plan.id.clone(), endpoint.clone()), row);
            }
        }
        self
    }

    /// Complete reads of an endpoint, oldest first.
    pub fn complete(&self, endpoint: &str) -> impl DoubleEndedIterator<Item = Complete> {
        let of_endpoint = self.0.iter().filter(move |((_, _, name), _)| name == endpoint);
        of_endpoint.filter(|(_, row)| cell(&EXTRACTIONS, row, "error").is_none()).map(|((began_at, ..), row)| {
            Complete {
                began_at: *began_at,
                from: instant(row, "read_from"),
                until: instant(row, "read_until"),
                cursor: cell(&EXTRACTIONS, row, "next_cursor").map(str::to_owned),
                rows: count(row, "row_count"),
                requests: count(row, "request_count"),
                is_repeat: cell(&EXTRACTIONS, row, "repeats").is_some(),
            }
        })
    }

    /// The address of the account that the newest one asked.
    pub fn base_url(&self) -> Option<&str> {
        self.0.values().next_back().and_then(|row| cell(&EXTRACTIONS, row, "base_url"))
    }

    /// When the last of them ended, microseconds since the epoch: no answer is older than those that are there.
    pub fn last_instant(&self) -> Option<i64> {
        self.0.values().filter_map(|row| instant(row, "ended_at")).max()
    }

    /// The reads that may have replaced rows of a table, newest first: those that began no earlier than `since`. What
    /// earlier ones replaced is gone already, and what was answered as before has replaced nothing, not even the rows of the
    /// answers that stand for it.
    pub fn covers(&self, table: &'static Table, since: i64) -> Vec<Cover> {
        let Some(endpoint) = table.endpoint() else { return Vec::new() };
        let days = |read: &Complete| Some((read.from?, read.until?));
        let reads = self.complete(endpoint.name).rev().take_while(|read| read.began_at >= since);
        let reads = reads.filter(|read| !read.is_repeat);
        reads.map(|read| Cover { began_at: read.began_at, days: days(&read) }).collect()
    }

    /// Writes the record anew.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub(super) async fn commit(self, lake: &Lake, run: &Run) -> Result<()> {
        let rows = self.0.into_values().collect();
        commit_rows(lake, &EXTRACTIONS, rows, true, &run.id, run.started_at_millis).await.map(drop)
    }
}

fn count(row: &[Option<String>], name: &str) -> u64 {
    cell(&EXTRACTIONS, row, name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn instant(row: &[Option<String>], name: &str) -> Option<i64> {
    timestamp::parse(cell(&EXTRACTIONS, row, name)?.as_bytes()).ok()
}
