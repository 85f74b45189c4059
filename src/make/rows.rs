//! The rows of a query as they come: in memory while they are few, then in a file.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use crate::engine::Engine;
use crate::error::Result;
use crate::place::lake::DataFile;
use crate::place::parquet::FileWriter;
use crate::place::results::Rows;

/// What a query's rows may take in memory. There are some eighty of them in a run.
const SMALL_BYTES: usize = 1 << 20;

/// Rows that are being taken in.
pub struct Sink {
    folder: PathBuf,
    file_stem: String,
    schema: SchemaRef,
    rows: u64,
    /// All of them, while they are few.
    held: Option<Vec<RecordBatch>>,
    held_bytes: usize,
    writer: Option<FileWriter>,
}

/// Rows that are all there: in memory, in a file, or both.
pub struct Taken {
    /// How many.
    pub count: u64,
    /// The file.
    pub file: Option<DataFile>,
    /// All of them, if they are few.
    pub held: Option<Vec<RecordBatch>>,
}

impl Sink {
    /// None yet. With `is_kept` a file is made however few there will be.
    ///
    /// # Errors
    /// Failed when the file cannot be made.
    pub fn new(folder: &Path, file_stem: &str, schema: &SchemaRef, is_kept: bool) -> Result<Self> {
        let mut sink = Self {
            folder: folder.to_owned(),
            file_stem: file_stem.to_owned(),
            schema: schema.clone(),
            rows: 0,
            held: Some(Vec::new()),
            held_bytes: 0,
            writer: None,
        };
        if is_kept {
            sink.writer = Some(sink.open()?);
        }
        Ok(sink)
    }

    fn open(&self) -> Result<FileWriter> {
        FileWriter::create(&self.folder, format!("{}.parquet", self.file_stem), &self.schema, &[])
    }

    /// Takes rows in, which are of the schema.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub fn take(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        if let Some(writer) = &mut self.writer {
            writer.write(&batch)?;
        }
        let Some(held) = &mut self.held else { return Ok(()) };
        self.held_bytes += batch.get_array_memory_size();
        held.push(batch);
        if self.held_bytes <= SMALL_BYTES {
            return Ok(());
        }
        let held = self.held.take().unwrap_or_default();
        if self.writer.is_none() {
            let mut writer = self.open()?;
            held.iter().try_for_each(|batch| writer.write(batch))?;
            self.writer = Some(writer);
        }
        Ok(())
    }

    /// Leaves no file behind.
    pub fn discard(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.discard();
        }
    }

    /// Ends the file, if there is one.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn finish(self) -> Result<Taken> {
        let file = self.writer.map(FileWriter::finish).transpose()?;
        Ok(Taken { count: self.rows, file, held: self.held })
    }
}

impl Taken {
    /// The rows, of which a file lies in this folder: from memory where they are there.
    pub fn rows(&self, folder: &Path) -> Rows {
        match (&self.held, &self.file) {
            (None, Some(file)) => Rows::InFile(folder.join(&file.path)),
            (held, _) => Rows::Held(held.clone().unwrap_or_default()),
        }
    }
}

/// Lets queries read rows under this name.
///
/// # Errors
/// Failed when the engine refuses.
pub fn register(rows: &Rows, engine: &Engine, name: &str, schema: &SchemaRef) -> Result<()> {
    match rows {
        Rows::Held(rows) => engine.register_rows(name, rows.clone(), schema),
        Rows::InFile(path) => engine.register_file(name, path, schema),
    }
}

/// A batch with the types of a schema of as many columns.
///
/// # Errors
/// The engine's own, for types that do not go together.
pub fn conform(batch: &RecordBatch, schema: &SchemaRef) -> std::result::Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    RecordBatch::try_new(schema.clone(), columns.collect::<std::result::Result<Vec<_>, _>>()?)
}
