//! How the lake's Parquet files are written and read back: one set of options for every table.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::lake::DataFile;
use super::rename;
use crate::error::{Error, Result};
use crate::fingerprint::{self, Hashing};

/// What helps where a file of the lake is damaged.
const RESTORE: &str = "restore the file, or move the lake folder away and rebuild it with `etl run --stage all`";

/// Rows to a row group: large enough to scan well, small enough that a writer's buffers stay in the memory limit.
const ROW_GROUP_ROWS: usize = 131_072;

/// Writes one file of a table into its staging folder.
///
/// The file's name ends in the XXH3-128 of its bytes, by which later reads find bytes that are not the written ones.
pub struct FileWriter {
    writer: ArrowWriter<Hashing<File>>,
    full_path: PathBuf,
    path: String,
    rows: u64,
}

impl FileWriter {
    /// Opens `path`, relative to the table's staging folder. `plain_columns` hold mostly distinct values, for which a
    /// dictionary would be built in vain.
    ///
    /// # Errors
    /// Failed when the file cannot be made.
    pub fn create(staging: &Path, path: String, schema: &SchemaRef, plain_columns: &[&str]) -> Result<Self> {
        let full_path = staging.join(&path);
        if let Some(parent) = full_path.parent() {
            fs::create_dir_all(parent).map_err(|source| Error::io("create", parent, source))?;
        }
        let file = File::create_new(&full_path).map_err(|source| Error::io("create", &full_path, source))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_created_by(concat!("etl ", env!("CARGO_PKG_VERSION")).to_owned());
        for column in plain_columns {
            properties = properties
                .set_column_dictionary_enabled(ColumnPath::from(*column), false)
                .set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::None);
        }
        let writer = ArrowWriter::try_new(Hashing::new(file), schema.clone(), Some(properties.build()))
            .map_err(|error| write_error(&full_path, &error))?;
        Ok(Self { writer, full_path, path, rows: 0 })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// Failed when they cannot be encoded or written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| write_error(&self.full_path, &error))
    }

    /// Bytes held in memory for the row group at hand.
    pub fn buffered_bytes(&self) -> usize {
        self.writer.memory_size()
    }

    /// Ends the row group at hand, to give its memory back.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| write_error(&self.full_path, &error))
    }

    /// Removes the file, as far as it was written.
    pub fn discard(self) {
        // What cannot be removed is cleared with the folder it stands in.
        let _ = fs::remove_file(&self.full_path);
    }

    /// Ends the file; durable when it returns.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn finish(self) -> Result<DataFile> {
        let written = self.writer.into_inner().map_err(|error| write_error(&self.full_path, &error))?;
        let (file, hash) = written.into_parts();
        file.sync_all().map_err(|source| Error::io("make durable", &self.full_path, source))?;
        let metadata = file.metadata().map_err(|source| Error::io("read", &self.full_path, source))?;
        let path = format!("{}-{}.parquet", self.path.trim_end_matches(".parquet"), fingerprint::text(&hash));
        let named = self.full_path.with_file_name(path.rsplit('/').next().unwrap_or(&path));
        rename(&self.full_path, &named)?;
        Ok(DataFile { path, size_bytes: metadata.len(), rows: self.rows })
    }
}

/// Finds a lake file whose bytes are not those that were written.
///
/// # Errors
/// Damaged (exit 5), naming it; failed when it cannot be read.
pub fn verify_bytes(path: &Path) -> Result<()> {
    verify_named(path, path, &path.display().to_string())
}

/// The same of a file that is to have another name; messages speak of it as `what`.
///
/// # Errors
/// As [`verify_bytes`].
pub fn verify_named(path: &Path, name: &Path, what: &str) -> Result<()> {
    let Some(expected) = hash_in(name) else { return Ok(()) };
    let found = File::open(path).and_then(fingerprint::of_reader).map_err(|source| Error::io("read", path, source))?;
    if found == expected {
        return Ok(());
    }
    Err(Error::damaged(format!("{what} cannot be read as Parquet: its bytes are not those that were written"))
        .hint(RESTORE))
}

/// The hash of a file's bytes that its name ends in.
pub fn hash_in(name: &Path) -> Option<String> {
    let stem = name.file_stem()?.to_string_lossy().into_owned();
    stem.rsplit_once('-').map(|(_, hash)| hash.to_owned())
}

/// The batches of a lake file in their order; all columns, or those named.
///
/// # Errors
/// Damaged (exit 5) when it is no Parquet file.
pub fn read(path: &Path, columns: Option<&[&str]>) -> Result<ParquetRecordBatchReader> {
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let damaged = |error: ParquetError| damaged(path, &error);
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    builder.build().map_err(damaged)
}

/// Some rows of a lake file, in its order: those at these places, ascending. Pages without one of them are not read.
///
/// # Errors
/// Damaged (exit 5) when it is no Parquet file.
pub fn read_rows(path: &Path, columns: &[&str], rows: &[u32]) -> Result<ParquetRecordBatchReader> {
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let damaged = |error: ParquetError| damaged(path, &error);
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(damaged)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let all = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    let ranges = rows.chunk_by(|left, right| left + 1 == *right);
    let ranges = ranges.map(|range| range[0] as usize..range[0] as usize + range.len());
    let selection = RowSelection::from_consecutive_ranges(ranges, all);
    builder.with_projection(mask).with_row_selection(selection).build().map_err(damaged)
}

/// A lake file that cannot be read.
pub fn damaged(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::damaged(format!("{} cannot be read as Parquet: {error}", path.display())).hint(RESTORE)
}

fn write_error(path: &Path, error: &ParquetError) -> Error {
    Error::failed(format!("cannot write {}: {error}", path.display()))
}
