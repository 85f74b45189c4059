//! Typed rows of several tables until it is known which of them count: in memory within a budget, behind that in a temporary
//! file for each table, compressed batches of Arrow's own format. So what they came from need not be read twice.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use roaring::RoaringBitmap;

use crate::error::{Error, Result};

const LEVEL: i32 = 1;

/// A unit of rows of a table.
pub struct KeptUnit {
    /// Its ordinal.
    pub unit: u32,
    /// The delivery it is of.
    pub file: usize,
    /// Which of the rows are bad.
    pub bad: RoaringBitmap,
}

/// What one worker has read.
pub struct Kept {
    tables: Vec<OfTable>,
    budget_bytes: usize,
    bytes: usize,
}

struct OfTable {
    in_memory: Vec<(KeptUnit, RecordBatch)>,
    path: PathBuf,
    spilled: Vec<KeptUnit>,
    file: Option<StreamWriter<zstd::Encoder<'static, BufWriter<File>>>>,
}

impl Kept {
    /// Nothing yet. What does not fit goes to these files, one for each table.
    pub fn new(budget_bytes: usize, files: impl IntoIterator<Item = PathBuf>) -> Self {
        let of = |path| OfTable { in_memory: Vec::new(), path, spilled: Vec::new(), file: None };
        Self { tables: files.into_iter().map(of).collect(), budget_bytes, bytes: 0 }
    }

    /// Keeps rows of a table.
    ///
    /// # Errors
    /// Failed when they cannot be written to its file.
    pub fn keep(&mut self, table: usize, unit: KeptUnit, rows: RecordBatch) -> Result<()> {
        let table = &mut self.tables[table];
        let bytes = rows.get_array_memory_size();
        // Behind rows in the file come no rows in memory: rows stay in their order.
        if rows.num_rows() == 0 {
            return Ok(());
        }
        if table.file.is_none() && self.bytes + bytes <= self.budget_bytes {
            self.bytes += bytes;
            table.in_memory.push((unit, rows));
            return Ok(());
        }
        table.spill(&rows)?;
        table.spilled.push(unit);
        Ok(())
    }

    /// Gives the rows of a table back, unit by unit as they came. They are gone then.
    ///
    /// # Errors
    /// Failed when its file cannot be read back; those of `with`.
    pub fn take(&mut self, table: usize, mut with: impl FnMut(KeptUnit, RecordBatch) -> Result<()>) -> Result<()> {
        let table = &mut self.tables[table];
        for (unit, rows) in table.in_memory.drain(..) {
            self.bytes = self.bytes.saturating_sub(rows.get_array_memory_size());
            with(unit, rows)?;
        }
        let Some(file) = table.file.take() else { return Ok(()) };
        let path = std::mem::take(&mut table.path);
        let written = |source| Error::io("write", &path, source);
        let encoder = file.into_inner().map_err(|error| Error::failed(format!("{}: {error}", path.display())))?;
        encoder.finish().map_err(written)?.into_inner().map_err(|error| written(error.into_error()))?;
        for (unit, rows) in table.spilled.drain(..).zip(batches(&path)?) {
            with(unit, rows.map_err(|error| unreadable(&path, &error))?)?;
        }
        std::fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))
    }
}

impl OfTable {
    fn spill(&mut self, rows: &RecordBatch) -> Result<()> {
        let failed = |source| Error::io("write", &self.path, source);
        if self.file.is_none() {
            if let Some(parent) = self.path.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            let file = BufWriter::new(File::create(&self.path).map_err(failed)?);
            let file = zstd::Encoder::new(file, LEVEL).map_err(failed)?;
            self.file = Some(StreamWriter::try_new(file, rows.schema_ref()).map_err(|error| self.unwritable(&error))?);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write(rows).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &ArrowError) -> Error {
        Error::failed(format!("cannot write {}: {error}", self.path.display()))
    }
}

fn batches(path: &Path) -> Result<impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>> {
    let failed = |source| Error::io("read", path, source);
    let decoder = zstd::Decoder::new(File::open(path).map_err(failed)?).map_err(failed)?;
    StreamReader::try_new(BufReader::new(decoder), None).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &ArrowError) -> Error {
    Error::failed(format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, StringArray};

    use super::*;

    #[test]
    fn rows_come_back_in_their_order_be_they_in_memory_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let rows = |number: usize| {
            let column: ArrayRef = Arc::new(StringArray::from(vec![format!("row {number}"); 100]));
            RecordBatch::try_from_iter([("text", column)]).unwrap()
        };
        for budget in [0, 4_000, 1 << 20] {
            let mut kept = Kept::new(budget, ["a", "b"].map(|name| folder.path().join("rows").join(name)));
            for number in 0..10 {
                let unit = || KeptUnit { unit: number as u32, file: 0, bad: RoaringBitmap::new() };
                kept.keep(number % 2, unit(), rows(number)).unwrap();
                kept.keep(number % 2, unit(), rows(number).slice(0, 0)).unwrap();
            }
            for table in 0..2 {
                let mut found = Vec::new();
                kept.take(table, |unit, rows| {
                    let text = rows.column(0).as_string::<i32>().value(99).to_owned();
                    found.push(format!("{} {text}", unit.unit));
                    Ok(())
                })
                .unwrap();
                let expected: Vec<_> = (0..5).map(|at| 2 * at + table).map(|at| format!("{at} row {at}")).collect();
                assert_eq!(found, expected, "{budget}");
                assert!(!folder.path().join("rows").join(["a", "b"][table]).exists());
            }
        }
    }
}
