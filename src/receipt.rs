//! What a stage did, item by item: the lines of the table at the end of a run, and of its record.

use serde::Serialize;

/// One line.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct Receipt {
    /// `extract`, `normalize`, `transform` or `load`.
    pub stage: String,
    /// The table, report or check.
    pub item: String,
    /// Rows read, made or written.
    pub rows: u64,
    /// Files read or written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// What else there is to say, perhaps nothing.
    pub note: String,
}
