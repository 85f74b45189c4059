//! Move 1: sources -> Landing. Export files are delivered into landing by whoever syncs them, so of those it is only said
//! which are there and which belong to no table. The API is asked, and its answers land in journals.

mod account;
mod ask;
mod manifests;
mod plan;
mod repeats;
mod retention;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use tracing::{info, warn};

use crate::catalog::endpoint::Endpoint;
use crate::catalog::{self, Table};
use crate::error::{Error, Result};
use crate::place::landing::{Extraction, Landing};
use crate::place::location::Location;
use crate::printer::counted;
use crate::receipt::Receipt;
use crate::settings::{Settings, Severity, Source};
use crate::source::delivery::{Delivery, Format, SourceFile, modified_at};
use crate::source::egress::{self, Unread};
use crate::source::sample;
use manifests::Manifests;

pub use account::{Account, name as account_name};
pub use ask::{Asked, Intended, ask, endpoints, intend};
pub use plan::Wanted;
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
    /// Which transfers of export files are whole.
    manifests: Option<Manifests>,
    /// Whether the export files are the sample account's, all of them; none where there are no export files.
    pub is_sample: Option<bool>,
}

impl Landed {
    /// Finds the export files that were delivered, where they are a source, and the files of finance's own books.
    ///
    /// # Errors
    /// Usage (exit 2) when the landing folder is not there, or holds other files beside the sample account's; data (exit 3) where data files are in it that are not read; failed
    /// when it cannot be read.
    pub fn delivered(tables: &[&'static Table], settings: &Settings) -> Result<Self> {
        let mut landed = Self::default();
        let reads_export = settings.sources.contains(&Source::Egress);
        let started = Instant::now();
        let found = if reads_export {
            egress::discover(&settings.delivered)?
        } else {
            egress::discover_books(&settings.delivered)?
        };
        let is_of_books = |delivery: &Delivery| delivery.feeds(catalog::books());
        let (mut books, mut exported): (Vec<_>, Vec<_>) = found.deliveries.into_iter().partition(is_of_books);
        let is_sample = sample::is_sample(found.mark.as_ref(), &exported)?;
        landed.is_sample = Some(is_sample).filter(|is_sample| *is_sample || !exported.is_empty());
        for deliveries in [&mut books, &mut exported] {
            deliveries.retain(|delivery| tables.iter().any(|table| delivery.feeds(table)));
        }
        for name in &found.unmatched {
            warn!(file = name, "{name} is no data file and is not read");
        }
        check_unread(&found.unread, settings.unknown_files)?;
        let milliseconds = started.elapsed().as_millis() as u64;
        let receipt = |item: &str, deliveries: &[Delivery], note: String| Receipt {
            stage: "extract".to_owned(),
            item: item.to_owned(),
            rows: 0,
            files: deliveries.len() as u64,
            bytes: deliveries.iter().map(|delivery| delivery.size_bytes).sum(),
            milliseconds,
            note,
        };
        if reads_export {
            if exported.is_empty() {
                warn!("no export files under {}", settings.delivered);
            }
            let of_export = receipt(
                "egress",
                &exported,
                match found.unmatched.len() + found.unread.len() {
                    0 => String::new(),
                    count => format!("{} not read", counted(count as u64, "other file")),
                },
            );
            info!(
                files = of_export.files,
                size_bytes = of_export.bytes,
                "found {}",
                counted(of_export.files, "export file")
            );
            landed.receipts.push(of_export);
        }
        if !books.is_empty() {
            landed.receipts.push(receipt("books", &books, String::new()));
        }
        landed.deliveries = exported;
        landed.deliveries.extend(books);
        landed.manifests = Some(Manifests::of(found.manifests));
        landed.unmatched = found.unmatched;
        landed.unmatched.extend(found.unread.into_iter().map(|unread| unread.name));
        landed.unmatched.sort();
        Ok(landed)
    }

    /// Takes out files of transfers that are not whole yet, and says so, a line for each table. Those that the lake has taken stay.
    ///
    /// # Errors
    /// Failed when a manifest cannot be read; of a store as its objects.
    pub fn hold_back(&mut self, is_taken: impl Fn(&Delivery) -> bool) -> Result<Vec<String>> {
        match &self.manifests {
            Some(manifests) => manifests.hold_back(&mut self.deliveries, is_taken),
            None => Ok(Vec::new()),
        }
    }

    /// Whether some files may have to be held back.
    pub fn has_manifests(&self) -> bool {
        self.manifests.as_ref().is_some_and(|manifests| !manifests.is_empty())
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
            let folder = delivery.at.path().and_then(Path::parent);
            let found = self.extractions.iter().find(|extraction| Some(extraction.folder.as_path()) == folder);
            found.map(|extraction| extraction.plan.began_at)
        };
        deliveries.iter().filter_map(of).min().unwrap_or(i64::MIN)
    }
}

/// Stops where data was delivered that is not read: reports without it would be wrong figures.
///
/// # Errors
/// Data (exit 3), naming the files; none for files of no table where `policy` only warns.
pub fn check_unread(unread: &[Unread], policy: Severity) -> Result<()> {
    let (passed, refused): (Vec<_>, Vec<_>) =
        unread.iter().partition(|unread| !unread.is_of_table && policy == Severity::Warn);
    for Unread { name, reason, .. } in passed {
        warn!(file = name, "{name} is not read: {reason}");
    }
    if refused.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = refused.iter().take(3).map(|unread| format!("{}: {}", unread.name, unread.reason)).collect();
    let more = if refused.len() > shown.len() {
        format!(" (and {} more)", refused.len() - shown.len())
    } else {
        String::new()
    };
    let message =
        format!("{} cannot be read: {}{more}", counted(refused.len() as u64, "delivered file"), shown.join("; "));
    let hint = match refused.iter().any(|unread| unread.is_of_table) {
        true => {
            "deliver the table as .csv, .csv.gz, .csv.zst or .parquet, or take the file out of landing; nothing was read"
        }
        false => {
            "give the file the name of its table, such as invoice.csv, or take it out of landing; with unknown_files = \"warn\" \
             under [quality] such files are passed over; nothing was read"
        }
    };
    Err(Error::data(message).hint(hint))
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
        at: Location::File(path),
    })
}
