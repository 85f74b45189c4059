//! Small tables of the lake as rows of text: the run tables, which are read and written whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};

use super::lake::{Change, Lake, TableState, Target};
use super::parquet::{FileWriter, damaged, read};
use crate::catalog::Column;
use crate::catalog::runs::{RUNS, RunTable};
use crate::cells::{Cells, data_type};
use crate::error::{Error, Result};
use crate::value::timestamp;

/// A row, a text for each column.
pub type Row = Vec<Option<String>>;

/// The Arrow schema of columns as lake files hold them, descriptions included.
pub fn schema<'a>(columns: impl IntoIterator<Item = &'a Column>) -> SchemaRef {
    let fields = columns.into_iter().map(|column| {
        let comment = [("comment".to_owned(), column.doc.to_owned())].into();
        Field::new(column.name, data_type(column.kind), true).with_metadata(comment)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A cell of a run table's row, by the column's name.
pub fn cell<'a>(table: &RunTable, row: &'a [Option<String>], column: &str) -> Option<&'a str> {
    let place = table.columns.iter().position(|known| known.name == column)?;
    row.get(place)?.as_deref()
}

/// All rows of a run table as it is now; none where it was never written.
///
/// # Errors
/// Damaged (exit 5) when it cannot be read.
pub async fn newest_rows(lake: &Lake, table: &RunTable) -> Result<Vec<Row>> {
    lake.table(table.name, None).await?.map_or(Ok(Vec::new()), |state| read_rows(table, &state))
}

/// All rows of a run table as published: those that a killed run left behind its version do not count.
///
/// # Errors
/// Damaged (exit 5) when it cannot be read.
pub async fn published_rows(lake: &Lake, table: &RunTable, versions: &BTreeMap<String, u64>) -> Result<Vec<Row>> {
    let Some(version) = versions.get(table.name) else { return Ok(Vec::new()) };
    lake.table(table.name, Some(*version)).await?.map_or(Ok(Vec::new()), |state| read_rows(table, &state))
}

/// All rows of a run table, in the order of its files.
///
/// # Errors
/// Damaged (exit 5) when a file cannot be read.
pub fn read_rows(table: &RunTable, state: &TableState) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    state.bring()?;
    for file in &state.files {
        rows.extend(read_file(table, &state.path_of(file))?);
    }
    Ok(rows)
}

/// The rows of one of its files.
///
/// # Errors
/// Damaged (exit 5) when it cannot be read.
pub fn read_file(table: &RunTable, path: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for batch in read(path, None)? {
        let batch = batch.map_err(|error| damaged(path, &error))?;
        for row in 0..batch.num_rows() {
            let text = |column: &Column| batch.column_by_name(column.name).and_then(|array| text_at(array, row));
            rows.push(table.columns.iter().map(text).collect());
        }
    }
    Ok(rows)
}

fn text_at(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Some(texts.value(row).to_owned());
    }
    if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        return Some(timestamp::text(instants.value(row)));
    }
    array.as_primitive_opt::<Int64Type>().map(|values| values.value(row).to_string())
}

/// Rows as a batch of the table's schema.
///
/// # Errors
/// Failed when a text is no value of its column.
pub fn batch(table: &RunTable, rows: &[Row]) -> Result<RecordBatch> {
    let mut columns: Vec<_> = table.columns.iter().map(|column| Cells::new(column.kind, rows.len())).collect();
    for row in rows {
        for ((cells, cell), column) in columns.iter_mut().zip(row).zip(table.columns) {
            match cell {
                None => cells.push_null(),
                Some(text) => cells.push_text(text.as_bytes(), true).map_err(|invalid| {
                    Error::failed(format!("{}: `{}` is {text:?}: {invalid}", table.name, column.name))
                })?,
            }
        }
    }
    let arrays = columns.into_iter().map(Cells::finish).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema(table.columns), arrays)
        .map_err(|error| Error::failed(format!("{}: {error}", table.name)))
}

/// Writes rows as one file and commits it: behind the rows that are there, or in their place.
///
/// # Errors
/// Failed when the file or the log cannot be written.
pub async fn commit_rows(
    lake: &Lake,
    table: &RunTable,
    rows: Vec<Row>,
    replace: bool,
    run_id: &str,
    now_millis: i64,
) -> Result<u64> {
    let state = lake.table(table.name, None).await?;
    let batch = batch(table, &rows)?;
    let schema = batch.schema();
    // Named by the version it comes with: the last file by name is the newest, whatever the clock did.
    let version = state.as_ref().map_or(0, |state| state.version + 1);
    let name = format!("{version:010}-{run_id}.parquet");
    let mut writer = FileWriter::create(&lake.staging(run_id, table.name), name, &schema, &[])?;
    writer.write(&batch)?;
    let remove = match &state {
        Some(state) if replace => state.files.iter().map(|file| file.path.clone()).collect(),
        _ => Vec::new(),
    };
    let change = Change { add: vec![writer.finish()?], remove };
    let state = lake
        .commit(
            Target { table: table.name, doc: table.doc, schema: &schema },
            state.as_ref(),
            change,
            run_id,
            now_millis,
        )
        .await?;
    if table.name == RUNS.name {
        // It names the versions of all others, and nothing names its own.
        lake.mark(&state)?;
    }
    Ok(state.version)
}
