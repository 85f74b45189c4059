//! Move 1: sources -> Landing. Export files are delivered into landing by whoever syncs them, so of those it is only said
//! which are there and which belong to no table. The API is asked, and its answers land in journals.

mod account;
mod ask;
mod plan;
mod retention;

use std::collections::BTreeSet;
use std::time::Instant;

use tracing::{info, warn};

use crate::catalog::endpoint::Endpoint;
use crate::catalog::{self, Table};
use crate::error::{Error, Result};
use crate::place::landing::{Extraction, Landing};
use crate::receipt::Receipt;
use crate::settings::{Settings, Source};
use crate::source::delivery::{Delivery, Format, SourceFile, modified_at};
use crate::source::egress;
pub use account::Account;
pub use ask::{Asked, Intended, Wanted, ask, endpoints, intend};
pub use retention::drop_old;

/// What landing holds.
#[derive(Default)]
pub struct Landed {
    /// Files of the selected tables.
    pub deliveries: Vec<Delivery>,
    /// Files that belong to no table, by name.
    pub unmatched: Vec<String>,
    /// Journals that are there no more because they were kept long enough, by name.
    pub dropped: BTreeSet<String>,
    /// Ended extractions, oldest first.
    pub extractions: Vec<Extraction>,
    /// One line for each source.
    pub receipts: Vec<Receipt>,
}

impl Landed {
    /// Finds the export files that were delivered, where they are a source.
    ///
    /// # Errors
    /// Usage (exit 2) when the landing folder is not there; failed when it cannot be read.
    pub fn delivered(tables: &[&'static Table], settings: &Settings) -> Result<Self> {
        let mut landed = Self::default();
        if !settings.sources.contains(&Source::Egress) {
            return Ok(landed);
        }
        let started = Instant::now();
        let found = egress::discover(&settings.landing)?;
        let is_selected = |delivery: &Delivery| tables.iter().any(|table| delivery.feeds(table));
        let deliveries: Vec<_> = found.deliveries.into_iter().filter(is_selected).collect();
        for name in &found.unmatched {
            warn!(file = name, "{name} belongs to no table of the catalog and is not read");
        }
        if deliveries.is_empty() {
            warn!("no export files under {}", settings.landing.display());
        }
        let bytes = deliveries.iter().map(|delivery| delivery.size_bytes).sum();
        info!(files = deliveries.len(), size_bytes = bytes, "found {} export files", deliveries.len());
        landed.receipts.push(Receipt {
            stage: "extract".to_owned(),
            item: "egress".to_owned(),
            rows: 0,
            files: deliveries.len() as u64,
            bytes,
            milliseconds: started.elapsed().as_millis() as u64,
            note: match found.unmatched.len() {
                0 => String::new(),
                count => format!("{count} files of no table"),
            },
        });
        landed.deliveries = deliveries;
        landed.unmatched = found.unmatched;
        Ok(landed)
    }

    /// Adds the journals of extractions that have ended, where the API is a source.
    ///
    /// # Errors
    /// Failed when a folder cannot be read; damaged (exit 5) when a plan, an outcome or a journal is not as it was
    /// written.
    pub fn add_journals(&mut self, tables: &[&'static Table], settings: &Settings) -> Result<()> {
        if !settings.sources.contains(&Source::Api) {
            return Ok(());
        }
        self.extractions = Landing::new(&settings.landing).extractions()?;
        self.extractions.retain(|extraction| extraction.ended.is_some());
        let mut journals = Vec::new();
        for extraction in &self.extractions {
            for (name, outcome) in extraction.ended.iter().flat_map(|ended| &ended.endpoints) {
                if outcome.is_dropped {
                    self.dropped.insert(extraction.journal_name(name));
                } else if outcome.error.is_none()
                    && let Some(endpoint) = catalog::endpoints().find(|endpoint| endpoint.name == name)
                {
                    journals.push(journal(extraction, endpoint, outcome.answers)?);
                }
            }
        }
        journals.retain(|delivery| tables.iter().any(|table| delivery.feeds(table)));
        self.deliveries.extend(journals);
        Ok(())
    }

    /// When the first of the extractions that these journals are of began: microseconds since the epoch.
    pub fn earliest(&self, deliveries: &[Delivery]) -> i64 {
        let of = |delivery: &Delivery| {
            let folder = delivery.path.parent();
            let found = self.extractions.iter().find(|extraction| Some(extraction.folder.as_path()) == folder);
            found.map(|extraction| extraction.plan.began_at)
        };
        deliveries.iter().filter_map(of).min().unwrap_or(i64::MIN)
    }
}

fn journal(extraction: &Extraction, endpoint: &'static Endpoint, answers: u64) -> Result<Delivery> {
    let path = extraction.journal(endpoint.name);
    let metadata = std::fs::metadata(&path).map_err(|source| {
        Error::damaged(format!("the journal {} cannot be read: {source}", path.display()))
            .hint("restore the file from a copy, or remove its folder and extract again")
    })?;

    Ok(Delivery {
        schema: "api",
        table: endpoint.name,
        source: SourceFile { name: extraction.journal_name(endpoint.name), transfer: None },
        format: Format::Journal { answers },
        size_bytes: metadata.len(),
        modified_at: modified_at(&metadata),
        path,
    })
}
