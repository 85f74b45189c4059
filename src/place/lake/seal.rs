//! What a version of a table held when it was published. A log of which an entry is gone or cut off can still be read; held against
//! this, it is known not to be what was written.

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::{TableState, damaged};
use crate::error::Result;
use crate::fingerprint;

/// What a version of a table held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The version.
    pub version: u64,
    /// How many files.
    pub files: u64,
    /// How many rows are in them.
    pub rows: u64,
    /// XXH3-128 of the list of files with size and rows.
    pub list: String,
}

impl Seal {
    /// Of a table as it is.
    pub fn of(state: &TableState) -> Self {
        let mut hash = XxHash3_128::new();
        for file in &state.files {
            hash.write(format!("{} {} {}\n", file.path, file.size_bytes, file.rows).as_bytes());
        }
        let rows = state.files.iter().map(|file| file.rows).sum();
        Self { version: state.version, files: state.files.len() as u64, rows, list: fingerprint::text(&hash) }
    }

    /// Holds a table at this version against it.
    ///
    /// # Errors
    /// Damaged (exit 5) where it is not what was published.
    pub(super) fn hold(&self, state: &TableState) -> Result<()> {
        let found = Self::of(state);
        if found == *self {
            return Ok(());
        }
        let content = |of: &Self| format!("files: {}, rows: {}", of.files, of.rows);
        let difference = match (content(self), content(&found)) {
            (published, found) if published == found => "and its log names other files now".to_owned(),
            (published, found) => format!("with {published}, and its log names {found}"),
        };
        Err(damaged(&state.table, format!("version {} was published {difference}", self.version)))
    }
}
