//! What the aggregates of ours are handed: columns, and a filter that says which rows count.

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::common::{Result, exec_err};

/// The one column of an aggregate that takes one.
///
/// # Errors
/// An execution error that names the function, when there are more or none.
pub(super) fn only<'a>(function: &str, columns: &'a [ArrayRef]) -> Result<&'a ArrayRef> {
    match columns {
        [column] => Ok(column),
        _ => exec_err!("{function} takes one column, not {}", columns.len()),
    }
}

/// The rows that have a value and that the filter lets through, which it does where it is true; nothing when all do.
pub(super) fn counted(values: &dyn Array, filter: Option<&BooleanArray>) -> Option<NullBuffer> {
    let wanted = filter.map(|filter| match filter.nulls() {
        None => NullBuffer::new(filter.values().clone()),
        Some(known) => NullBuffer::new(filter.values() & known.inner()),
    });
    NullBuffer::union(values.nulls(), wanted.as_ref()).filter(|counted| counted.null_count() > 0)
}
