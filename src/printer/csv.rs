//! Rows as CSV: RFC 4180, LF, UTF-8; null is an empty field, empty text is `""`.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::text_of;
use crate::error::Result;

/// The line of column names.
///
/// # Errors
/// The writer's.
pub fn write_header(schema: &Schema, out: &mut impl Write) -> io::Result<()> {
    let names = schema.fields().iter().map(|field| Some(field.name().clone()));
    write_record(names, out)
}

/// A line for each row. The outer error is of the values, the inner one of the writer.
///
/// # Errors
/// Failed for a type that has no text.
pub fn write_rows(batch: &RecordBatch, out: &mut impl Write) -> Result<io::Result<()>> {
    for row in 0..batch.num_rows() {
        let cells = batch.columns().iter().map(|array| text_of(array, row)).collect::<Result<Vec<_>>>()?;
        if let Err(error) = write_record(cells.into_iter(), out) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn write_record(cells: impl Iterator<Item = Option<String>>, out: &mut impl Write) -> io::Result<()> {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        match cell {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}
