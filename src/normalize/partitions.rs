//! Typed rows into the files of their partitions: one writer a partition and worker, all within a memory budget.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};

use super::lake_file::LakeFile;
use crate::catalog::{Partition, Table};
use crate::error::{Error, Result};
use crate::place::lake::DataFile;
use crate::value::timestamp;

/// Files open at once in one worker: past that the largest is ended, so that no history runs out of handles.
const OPEN_FILES: usize = 64;
/// Rows to a file: some hundred megabytes.
const FILE_ROWS: u64 = 8_000_000;

/// The open files of one worker.
pub struct Partitions {
    table: &'static Table,
    schema: SchemaRef,
    staging: PathBuf,
    /// Makes the files of this run and worker unlike all others.
    file_stem: String,
    budget_bytes: usize,
    open: BTreeMap<String, OpenFile>,
    done: Vec<DataFile>,
}

struct OpenFile {
    writer: LakeFile,
    rows: u64,
}

impl Partitions {
    /// No file is made before its first row. `file_stem` must be unique in the lake.
    pub fn new(
        table: &'static Table,
        schema: SchemaRef,
        staging: &Path,
        file_stem: String,
        budget_bytes: usize,
    ) -> Self {
        Self {
            table,
            schema,
            staging: staging.to_path_buf(),
            file_stem,
            budget_bytes,
            open: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    /// Writes each row to the file of its partition.
    ///
    /// # Errors
    /// Failed when a file cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let groups = folders(batch, self.table.partition)?;
        let is_one = groups.len() == 1;
        for (folder, rows) in groups {
            if is_one {
                self.write_to(&folder, batch)?;
            } else {
                let part = take_record_batch(batch, &UInt32Array::from(rows))
                    .map_err(|error| Error::failed(format!("cannot split rows by folder: {error}")))?;
                self.write_to(&folder, &part)?;
            }
        }
        self.keep_to_budget()
    }

    fn write_to(&mut self, folder: &str, batch: &RecordBatch) -> Result<()> {
        let count = self.open.len() + self.done.len();
        if self.open.get(folder).is_some_and(|file| file.rows >= FILE_ROWS)
            && let Some(full) = self.open.remove(folder)
        {
            self.done.push(full.writer.finish()?);
        }
        if !self.open.contains_key(folder) {
            if self.open.len() >= OPEN_FILES
                && let Some(largest) =
                    self.open.iter().max_by_key(|(_, file)| file.rows).map(|(folder, _)| folder.clone())
                && let Some(file) = self.open.remove(&largest)
            {
                self.done.push(file.writer.finish()?);
            }
            let path =
                format!("{folder}{}{}-{count}.parquet", if folder.is_empty() { "" } else { "/" }, self.file_stem);
            let writer = LakeFile::create(&self.staging, path, &self.schema, self.table)?;
            self.open.insert(folder.to_owned(), OpenFile { writer, rows: 0 });
        }
        if let Some(file) = self.open.get_mut(folder) {
            file.rows += batch.num_rows() as u64;
            file.writer.write(batch)?;
        }
        Ok(())
    }

    /// Ends the largest row groups until the buffers fit the budget.
    fn keep_to_budget(&mut self) -> Result<()> {
        while self.open.values().map(|file| file.writer.buffered_bytes()).sum::<usize>() > self.budget_bytes {
            let largest = self.open.values_mut().max_by_key(|file| file.writer.buffered_bytes());
            let Some(file) = largest else { break };
            let before = file.writer.buffered_bytes();
            file.writer.flush()?;
            if file.writer.buffered_bytes() >= before {
                break;
            }
        }
        Ok(())
    }

    /// Ends all files, durable when it returns.
    ///
    /// # Errors
    /// Failed when one cannot be written.
    pub fn finish(mut self) -> Result<Vec<DataFile>> {
        for (_, file) in std::mem::take(&mut self.open) {
            self.done.push(file.writer.finish()?);
        }
        Ok(self.done)
    }
}

/// The folders of the rows of a batch; the empty name is the table's own folder.
fn folders(batch: &RecordBatch, partition: Partition) -> Result<BTreeMap<String, Vec<u32>>> {
    match partition {
        Partition::Flat => Ok([(String::new(), (0..batch.num_rows() as u32).collect())].into()),
        Partition::Month(column) => {
            let instants = instants(batch, column)?;
            let month = |row: usize| instants.is_valid(row).then(|| timestamp::month(instants.value(row)));
            Ok(grouped(batch.num_rows(), month, |month| match month {
                Some((year, month)) => format!("month={year:04}-{month:02}"),
                None => format!("month={NULL}"),
            }))
        }
        Partition::TextAndDay(text, day) => {
            let texts = batch.column_by_name(text).and_then(|array| array.as_string_opt::<i32>());
            let texts = texts.ok_or_else(|| Error::failed(format!("the partition column `{text}` is no text")))?;
            let instants = instants(batch, day)?;
            let of = |row: usize| (texts.value(row), instants.value(row).div_euclid(timestamp::MICROS_PER_DAY));
            Ok(grouped(batch.num_rows(), of, |(text_value, day)| {
                format!("{text}={text_value}/date={}", timestamp::day(day * timestamp::MICROS_PER_DAY))
            }))
        }
    }
}

/// Rows by what `of` says of them, under its name.
fn grouped<K: Ord>(rows: usize, of: impl Fn(usize) -> K, name: impl Fn(&K) -> String) -> BTreeMap<String, Vec<u32>> {
    let mut groups: BTreeMap<K, Vec<u32>> = BTreeMap::new();
    for row in 0..rows {
        groups.entry(of(row)).or_default().push(row as u32);
    }
    groups.into_iter().map(|(key, rows)| (name(&key), rows)).collect()
}

/// How Hive names the folder of rows without a value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

fn instants<'a>(batch: &'a RecordBatch, column: &str) -> Result<&'a TimestampMicrosecondArray> {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| Error::failed(format!("the partition column `{column}` is no timestamp")))
}
