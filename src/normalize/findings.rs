//! What several workers meet besides rows, while they decode the units of a table.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use roaring::RoaringBitmap;

use super::decoded::{MOST_QUARANTINED, Oddities, Quarantined};
use crate::catalog::Table;
use crate::error::{Error, Result};
use crate::place::journal::About;
use crate::source::delivery::Delivery;
use crate::threads::{lock, unlock};

/// Rows of units, by the unit's ordinal.
pub type UnitRows = HashMap<u32, RoaringBitmap>;

/// A collection of them.
#[derive(Default)]
pub struct Findings {
    quarantined: Mutex<Vec<Quarantined>>,
    unknown: Mutex<BTreeSet<String>>,
    rounded: AtomicU64,
    not_found: Mutex<Vec<About>>,
}

impl Findings {
    /// Takes what is odd about a unit of a delivery, which is the newest one or not.
    ///
    /// # Errors
    /// Data (exit 3) when so much cannot be typed that it must be the wrong file.
    pub fn take(&self, oddities: Oddities, table: &Table, delivery: &Delivery, is_newest: bool) -> Result<()> {
        if !oddities.quarantined.is_empty() {
            let mut quarantined = lock(&self.quarantined);
            quarantined.extend(oddities.quarantined);
            if quarantined.len() > MOST_QUARANTINED {
                return Err(Error::data(format!(
                    "{}: more than {MOST_QUARANTINED} cells of {} cannot be typed",
                    delivery.name(),
                    table.qualified_name()
                ))
                .hint("is it the right file for this table?"));
            }
        }
        self.rounded.fetch_add(oddities.rounded, Ordering::Relaxed);
        if !oddities.unknown.is_empty() {
            lock(&self.unknown).extend(oddities.unknown);
        }
        // What an earlier read did not find a later one may have.
        if is_newest {
            lock(&self.not_found).extend(oddities.not_found);
        }
        Ok(())
    }

    /// All of them; bad cells in no order.
    pub fn finish(self) -> Oddities {
        Oddities {
            quarantined: unlock(self.quarantined),
            unknown: unlock(self.unknown),
            rounded: self.rounded.into_inner(),
            not_found: unlock(self.not_found),
        }
    }
}

/// The rows that bad cells stand in.
pub fn bad_rows<'a>(cells: impl IntoIterator<Item = &'a Quarantined>) -> UnitRows {
    let mut bad = UnitRows::new();
    for cell in cells {
        bad.entry(cell.unit).or_default().insert(cell.row);
    }
    bad
}
