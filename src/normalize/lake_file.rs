//! A lake file that is being written and, where a key of it may be looked for later, the index of its keys.

use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use twox_hash::XxHash3_128;

use super::decode::{self, KeyColumns};
use crate::catalog::{Kind, Origin, Table};
use crate::error::Result;
use crate::place::key_index::{self, IndexWriter};
use crate::place::lake::DataFile;
use crate::place::parquet::{self, FileWriter};

/// Files of fewer rows have no index: reading their keys takes a moment.
pub const INDEXED_ROWS: u64 = 16_384;

/// A file that is being written.
pub struct LakeFile {
    writer: FileWriter,
    index: Option<Index>,
}

struct Index {
    writer: IndexWriter,
    columns: KeyColumns,
    staging: PathBuf,
    rows: u64,
}

/// Whether rows of the lake are looked for by their keys: a later read of the API replaces rows that it does not name.
pub fn is_indexed(table: &Table) -> bool {
    matches!(table.origin, Origin::Egress | Origin::Books)
}

/// The names of what keys are made of.
pub fn key_names(columns: &KeyColumns) -> Vec<&'static str> {
    columns.key.iter().map(|column| column.name).collect()
}

impl LakeFile {
    /// Opens `path`, relative to the table's staging folder.
    ///
    /// # Errors
    /// Failed when the file cannot be made.
    pub fn create(staging: &Path, path: String, schema: &SchemaRef, table: &'static Table) -> Result<Self> {
        let index = is_indexed(table).then(|| Index {
            writer: IndexWriter::new(staging.join(key_index::beside(&path))),
            columns: KeyColumns::of(table),
            staging: staging.to_owned(),
            rows: 0,
        });
        Ok(Self { writer: FileWriter::create(staging, path, schema, &plain_columns(table))?, index })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// Failed when they cannot be encoded or written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if let Some(index) = &mut self.index {
            index.rows += batch.num_rows() as u64;
            each_hash(&index.columns, batch, |hash| index.writer.push(hash))?;
        }
        self.writer.write(batch)
    }

    /// Bytes held in memory for the row group at hand.
    pub fn buffered_bytes(&self) -> usize {
        self.writer.buffered_bytes()
    }

    /// Ends the row group at hand, to give its memory back.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush()
    }

    /// Ends the file; durable when it returns.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn finish(self) -> Result<DataFile> {
        let file = self.writer.finish()?;
        if let Some(index) = self.index {
            match index.rows >= INDEXED_ROWS {
                true => {
                    let path = index.staging.join(key_index::beside(&file.path));
                    index.writer.finish(&path, &key_names(&index.columns))?;
                }
                false => index.writer.discard(),
            }
        }
        Ok(file)
    }
}

/// Makes the index of a file anew.
///
/// # Errors
/// Damaged (exit 5) when the file cannot be read; failed when the index cannot be written.
pub fn index_again(file: &Path, index: &Path, columns: &KeyColumns) -> Result<()> {
    let mut writer = IndexWriter::new(index.with_extension("again"));
    let names = key_names(columns);
    for batch in parquet::read(file, Some(&names))? {
        let batch = batch.map_err(|error| parquet::damaged(file, &error))?;
        each_hash(columns, &batch, |hash| writer.push(hash))?;
    }
    writer.finish(index, &names)
}

fn each_hash(columns: &KeyColumns, batch: &RecordBatch, mut with: impl FnMut(u128) -> Result<()>) -> Result<()> {
    let key: Vec<_> = columns.key.iter().map(|column| column_of(batch, column.name)).collect();
    let mut done = Ok(());
    decode::each_typed_key(&key, &[], |_, key, _| {
        if done.is_ok() {
            done = with(XxHash3_128::oneshot(key));
        }
    });
    done
}

/// A column of a lake file; one written before the catalog knew the column lacks it.
pub fn column_of(batch: &RecordBatch, name: &str) -> ArrayRef {
    let lacking = || arrow::array::new_null_array(&DataType::Utf8, batch.num_rows());
    batch.column_by_name(name).cloned().unwrap_or_else(lacking)
}

/// Columns whose values hardly repeat: row keys and JSON documents of tables that grow with usage.
fn plain_columns(table: &Table) -> Vec<&'static str> {
    let columns = table.columns.iter().filter(|column| {
        matches!(column.kind, Kind::Json) || table.key.contains(&column.name) || column.name == "_metronome_metadata_id"
    });
    columns.map(|column| column.name).chain(["_source_row"]).collect()
}
