//! Rows that contradict each other: delivered under one key and equally new, and yet not the same. The later file counts, as
//! for any tie, but which of them is right nobody can tell: they are named, so that a person can.
//!
//! A row that came twice as it was is no contradiction; at-least-once deliveries bring such rows all the time.

use std::collections::{HashMap, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use twox_hash::XxHash3_128;

use super::decode::{KeyColumns, each_typed_key};
use crate::catalog::Table;
use crate::error::{Error, Result};
use crate::printer::json_of_row;

/// Rows compared at most, all of a table's together: thirty-two bytes each.
pub const MOST: u64 = 4_000_000;

/// One of several equally new rows of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tied {
    /// Its key, hashed as `keys` does.
    pub key: u128,
    /// 64 bits of the XXH3 of what the vendor's columns say.
    pub content: u64,
    /// The unit it was delivered in; none for a row of the lake.
    pub unit: Option<u32>,
    /// Its place in the unit.
    pub row: u32,
    /// Whether it is the one that counts.
    pub is_kept: bool,
}

/// What the vendor's columns of a row say, as JSON.
///
/// # Errors
/// Failed for a type that has no text.
pub fn said(table: &Table, batch: &RecordBatch, row: usize) -> Result<String> {
    let of_vendor: Vec<_> = (0..table.columns.len()).collect();
    let batch = batch
        .slice(row, 1)
        .project(&of_vendor)
        .map_err(|error| Error::failed(format!("{}: {error}", table.qualified_name())))?;
    json_of_row(&batch, 0)
}

/// The key of a row, hashed, and what stands for what the row says.
///
/// # Errors
/// As [`said`].
pub fn of(table: &'static Table, batch: &RecordBatch, row: usize) -> Result<(u128, u64)> {
    let row_alone = batch.slice(row, 1);
    let columns = KeyColumns::of(table).key;
    let key: Vec<_> = columns.iter().filter_map(|column| row_alone.column_by_name(column.name).cloned()).collect();
    let mut hash = 0;
    each_typed_key(&key, &[], |_, key, _| hash = XxHash3_128::oneshot(key));
    Ok((hash, XxHash3_128::oneshot(said(table, batch, row)?.as_bytes()) as u64))
}

/// The number of a row in its file, from 1.
pub fn source_row(batch: &RecordBatch, row: usize) -> u64 {
    let numbers = batch.column_by_name("_source_row").and_then(|array| array.as_primitive_opt::<Int64Type>());
    numbers.map_or(0, |numbers| numbers.value(row).unsigned_abs())
}

/// Keys of which a delivered row that does not count says something else than the one that does, with what that one says.
pub fn disputed(tied: &[Tied]) -> HashMap<u128, u64> {
    let mut kept: HashMap<u128, u64> =
        tied.iter().filter(|tied| tied.is_kept).map(|tied| (tied.key, tied.content)).collect();
    let differs = |tied: &&Tied| {
        !tied.is_kept && tied.unit.is_some() && kept.get(&tied.key).is_some_and(|kept| *kept != tied.content)
    };
    let disputed: HashSet<u128> = tied.iter().filter(differs).map(|tied| tied.key).collect();
    kept.retain(|key, _| disputed.contains(key));
    kept
}

/// The names of the columns in which two rows differ, both as JSON objects of the same columns.
pub fn differing(said: &str, kept: &str) -> Vec<String> {
    let object =
        |json: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).unwrap_or_default();
    let (said, kept) = (object(said), object(kept));
    said.into_iter().filter(|(name, value)| kept.get(name) != Some(value)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tied(key: u128, content: u64, row: u32, is_kept: bool) -> Tied {
        Tied { key, content, unit: Some(0), row, is_kept }
    }

    #[test]
    fn a_row_that_came_twice_as_it_was_disputes_nothing() {
        assert_eq!(disputed(&[tied(1, 7, 0, false), tied(1, 7, 1, true)]), HashMap::new());
    }

    #[test]
    fn equally_new_rows_of_a_key_that_say_different_things_dispute_the_one_that_counts() {
        let rows = vec![tied(1, 7, 0, false), tied(1, 8, 1, false), tied(1, 8, 2, true), tied(2, 9, 3, false)];
        assert_eq!(disputed(&rows), HashMap::from([(1, 8)]));
    }

    #[test]
    fn a_row_of_the_lake_may_be_the_one_that_counts() {
        let lake = Tied { unit: None, ..tied(1, 7, 0, true) };
        assert_eq!(disputed(&[lake, tied(1, 8, 5, false)]), HashMap::from([(1, 7)]));
    }

    #[test]
    fn columns_that_differ_are_named() {
        let (said, kept) = (r#"{"id":"a","total":1.5,"name":null}"#, r#"{"id":"a","total":1.50,"name":"x"}"#);
        assert_eq!(differing(said, kept), ["name"]);
        assert_eq!(differing(r#"{"id":"a","total":2}"#, r#"{"id":"a","total":1}"#), ["total"]);
    }
}
