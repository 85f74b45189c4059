//! What decoding a unit of delivered rows gives, whatever they were delivered as.

use std::collections::BTreeSet;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use roaring::RoaringBitmap;

use crate::error::{Error, Result};
use crate::place::journal::About;
use crate::source::delivery::SourceFile;

/// More bad cells than this in one table are no bad rows but the wrong file.
pub const MOST_QUARANTINED: usize = 100_000;

/// A delivered row that is no row of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The unit it stands in.
    pub unit: u32,
    /// Its place in the unit, from 0.
    pub row: u32,
    /// The column that cannot be typed; `None` when the row as a whole is at fault.
    pub column: Option<String>,
    /// What stands there, cut to 200 characters.
    pub value: String,
    /// Why that is no value of the column.
    pub reason: String,
    /// Of an answer of the API: where in it the value stands, a JSON pointer, and the answer's place in the journal.
    pub pointer: Option<(String, u64)>,
}

/// A decoded unit.
pub struct Decoded {
    /// Its good rows, superseded ones left out.
    pub batch: RecordBatch,
    /// What is odd about it.
    pub oddities: Oddities,
}

/// What is odd about the rows of a unit.
#[derive(Default)]
pub struct Oddities {
    /// Bad cells.
    pub quarantined: Vec<Quarantined>,
    /// Fields of answers that the catalog does not know.
    pub unknown: BTreeSet<String>,
    /// Decimals that were rounded at their 18th fraction digit.
    pub rounded: u64,
    /// Answers that what was asked for is not there.
    pub not_found: Vec<About>,
}

/// What rows of one delivery have in common.
pub struct Lineage<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The run.
    pub run_id: &'a str,
    /// Rows of the file before this unit.
    pub rows_before: u64,
}

/// Cells of a unit that cannot be typed, and their rows.
pub struct BadCells {
    unit: u32,
    cells: Vec<Quarantined>,
    rows: RoaringBitmap,
}

impl BadCells {
    /// None yet.
    pub fn new(unit: u32) -> Self {
        Self { unit, cells: Vec::new(), rows: RoaringBitmap::new() }
    }

    /// Adds one, or the row as a whole where no column is named; none past [`MOST_QUARANTINED`].
    pub fn add(&mut self, row: u32, column: Option<&str>, value: &[u8], reason: String) {
        self.rows.insert(row);
        if self.cells.len() > MOST_QUARANTINED {
            return;
        }
        let value = String::from_utf8_lossy(value).chars().take(200).collect();
        let column = column.map(str::to_owned);
        self.cells.push(Quarantined { unit: self.unit, row, column, value, reason, pointer: None });
    }

    /// Says where in an answer the last one stands.
    pub fn at(&mut self, pointer: String, answer: u64) {
        if let Some(cell) = self.cells.last_mut() {
            cell.pointer = Some((pointer, answer));
        }
    }

    /// All of them, and their rows.
    pub fn into_parts(self) -> (Vec<Quarantined>, RoaringBitmap) {
        (self.cells, self.rows)
    }

    /// Whether a row has one.
    pub fn has(&self, row: u32) -> bool {
        self.rows.contains(row)
    }
}

/// Without bad rows and superseded ones.
///
/// # Errors
/// Failed when they cannot be taken out.
pub fn kept(rows: RecordBatch, bad: &RoaringBitmap, superseded: Option<&RoaringBitmap>) -> Result<RecordBatch> {
    if bad.is_empty() && superseded.is_none_or(RoaringBitmap::is_empty) {
        return Ok(rows);
    }
    let mut keep = vec![true; rows.num_rows()];
    for row in bad.iter().chain(superseded.into_iter().flatten()) {
        // A file that shrank between the passes has fewer rows than were counted; that is found and said later.
        if let Some(slot) = keep.get_mut(row as usize) {
            *slot = false;
        }
    }
    filter_record_batch(&rows, &BooleanArray::from(keep))
        .map_err(|error| Error::failed(format!("rows cannot be left out: {error}")))
}

/// Appends a part of a key, told from the next by its length.
pub fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    key.extend_from_slice(&(part.len() as u32).to_le_bytes());
    key.extend_from_slice(part);
}
