//! Move 1: sources -> Landing. Export files are delivered into landing by whoever syncs them, so there is nothing to
//! fetch: this says which files are there and which of them belong to no table.

use std::time::Instant;

use tracing::{info, warn};

use crate::catalog::Table;
use crate::error::Result;
use crate::receipt::Receipt;
use crate::settings::Settings;
use crate::source::egress::{self, Delivery};

/// What landing holds.
pub struct Landed {
    /// Files of the selected tables.
    pub deliveries: Vec<Delivery>,
    /// Files that belong to no table, by name.
    pub unmatched: Vec<String>,
    /// One line for the source.
    pub receipts: Vec<Receipt>,
}

/// Finds the export files of these tables.
///
/// # Errors
/// Usage (exit 2) when the landing folder is not there; failed when it cannot be read.
pub fn extract(tables: &[&'static Table], settings: &Settings) -> Result<Landed> {
    let started = Instant::now();
    let found = egress::discover(&settings.landing)?;
    let mut deliveries = found.deliveries;
    deliveries.retain(|delivery| tables.iter().any(|table| table.name == delivery.table));
    for name in &found.unmatched {
        warn!(file = name, "{name} belongs to no table of the catalog and is not read");
    }
    if deliveries.is_empty() {
        warn!("no export files under {}", settings.landing.display());
    }
    let bytes = deliveries.iter().map(|delivery| delivery.size_bytes).sum();
    info!(files = deliveries.len(), size_bytes = bytes, "found {} export files", deliveries.len());
    let note = match found.unmatched.len() {
        0 => String::new(),
        count => format!("{count} files of no table"),
    };
    let receipt = Receipt {
        stage: "extract".to_owned(),
        item: "egress".to_owned(),
        rows: 0,
        files: deliveries.len() as u64,
        bytes,
        milliseconds: started.elapsed().as_millis() as u64,
        note,
    };
    Ok(Landed { deliveries, unmatched: found.unmatched, receipts: vec![receipt] })
}
