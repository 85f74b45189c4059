//! What is new of a table: deliveries that the lake has not taken as they are now, and what is there to hold them against.

use std::collections::BTreeMap;

use tracing::{info, warn};

use crate::catalog::Table;
use crate::catalog::runs::FILES;
use crate::error::{Error, Result};
use crate::extract::Landed;
use crate::place::lake::{Lake, TableState, damaged};
use crate::place::records::{Row, cell};
use crate::printer::counted;
use crate::source::delivery::Delivery;
use crate::value::timestamp;

/// Files of a table that the lake has taken, by name.
pub type KnownFiles = BTreeMap<String, Row>;

/// A table with new deliveries.
pub struct New {
    /// The table.
    pub table: &'static Table,
    /// Its name with its schema.
    pub name: String,
    /// What is to be read, ordered as rows count.
    pub deliveries: Vec<Delivery>,
    /// The table as it is.
    pub state: Option<TableState>,
    /// Whether it is made anew, from the deliveries alone.
    pub rebuild: bool,
}

impl New {
    /// What is new of a table that the lake has taken these files of, if anything.
    ///
    /// # Errors
    /// As [`super::normalize`].
    pub async fn of(
        table: &'static Table,
        landed: &Landed,
        lake: &Lake,
        known: &KnownFiles,
        full_refresh: bool,
    ) -> Result<Option<Self>> {
        let name = table.qualified_name();
        let mut deliveries = new_deliveries(table, landed, known, full_refresh)?;
        if deliveries.is_empty() {
            return Ok(None);
        }
        let state = lake.table(&name, None).await?;
        if state.is_none() && !known.is_empty() && !full_refresh {
            return Err(damaged(&name, "it is gone, but files of it were taken"));
        }
        // A file that came again with other content stands for itself: rows that it no longer has must go. So the table
        // is made anew from all its files, where they are all still there.
        let again = deliveries.iter().find(|delivery| known.contains_key(delivery.name()));
        let again = again.map(|delivery| delivery.name().to_owned());
        let mut rebuild = full_refresh;
        if let Some(again) = again.filter(|_| !full_refresh) {
            match new_deliveries(table, landed, known, true) {
                Ok(all) => {
                    info!(table = name, file = again, "{again} came again with other content: making {name} anew");
                    (deliveries, rebuild) = (all, true);
                }
                Err(_) => warn!(
                    table = name,
                    file = again,
                    "{again} came again with other content, but not all files of {name} are in landing any more: rows \
                     that it no longer has stay"
                ),
            }
        }
        if let Some(state) = &state {
            state.verify_files()?;
        }
        Ok(Some(Self { table, name, deliveries, state, rebuild }))
    }

    /// The rows that the deliveries are held against.
    pub fn base(&self) -> Option<&TableState> {
        self.state.as_ref().filter(|_| !self.rebuild)
    }

    /// How much is to be read.
    pub fn bytes(&self) -> u64 {
        self.deliveries.iter().map(|delivery| delivery.size_bytes).sum()
    }

    /// Whether the rows of both are in the same answers.
    pub fn is_read_with(&self, other: &Self) -> bool {
        self.table.is_answered()
            && self.table.endpoint() == other.table.endpoint()
            && self.deliveries == other.deliveries
            && self.base().is_some() == other.base().is_some()
    }
}

/// Deliveries of a table that the lake has not taken as they are now.
///
/// # Errors
/// Data (exit 3) when a file came again without a byte, or when a full refresh would lose rows.
pub fn new_deliveries(
    table: &'static Table,
    landed: &Landed,
    known: &KnownFiles,
    full_refresh: bool,
) -> Result<Vec<Delivery>> {
    let mine: Vec<_> = landed.deliveries.iter().filter(|delivery| delivery.feeds(table)).collect();
    for delivery in mine.iter().filter(|delivery| delivery.schema == "egress" && delivery.size_bytes == 0) {
        let rows = known.get(delivery.name()).and_then(|row| cell(&FILES, row, "row_count")?.parse().ok()).unwrap_or(0);
        if rows > 0 {
            let name = delivery.name();
            return Err(Error::data(format!("{name} had {} and came again without a byte", counted(rows, "row")))
                .hint("deliver the file again whole; or, where its rows are to go, with a header and no rows"));
        }
    }
    if full_refresh {
        let is_there =
            |path: &String| landed.dropped.contains(path) || mine.iter().any(|delivery| delivery.name() == path);
        if let Some(lost) = known.keys().find(|path| !is_there(path)) {
            return Err(Error::data(format!(
                "{}: rows of {lost} are in the lake but the file is no longer in landing; a full refresh would lose them",
                table.qualified_name()
            ))
            .hint("put the file back, or run without --full-refresh"));
        }
        return Ok(mine.into_iter().cloned().collect());
    }
    let mut new = Vec::new();
    for delivery in mine {
        if let Some(row) = known.get(delivery.name()) {
            let of = |column: &str| cell(&FILES, row, column).unwrap_or_default();
            let is_untouched = of("size_bytes") == delivery.size_bytes.to_string()
                && of("modified_at") == timestamp::text(delivery.modified_at);
            if is_untouched || of("fingerprint") == delivery.at.fingerprint()? {
                continue;
            }
        }
        new.push(delivery.clone());
    }
    Ok(new)
}
