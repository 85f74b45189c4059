//! What queries came to, kept beside the lake's tables, so that one of which nothing changed is not asked again.
//!
//! A folder of files and a list that says of each what it was made from. Nothing depends on it but time: it may be thrown away,
//! and a file that is lost or damaged is made again. Knows models as names and what they were made from as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use serde::{Deserialize, Serialize};

use super::lake::{DataFile, Lake};
use super::parquet;
use crate::error::{Error, Result};
use crate::fingerprint::{self, Hashing};
use crate::threads::lock;

/// What something was made from: each part's name, and what stands for its content.
pub type MadeOf = BTreeMap<String, String>;

/// What a model was made from, and its rows where they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What they were made from.
    pub made_of: MadeOf,
    /// How many there are.
    pub rows: u64,
    /// The file's name, which ends in the hash of its bytes; nothing of a view.
    file: Option<String>,
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it was asked of.
    pub made_of: MadeOf,
    /// Rows that break it.
    pub offending_rows: u64,
    /// The first of them.
    pub first_row: Option<String>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct List {
    models: BTreeMap<String, Kept>,
    checks: BTreeMap<String, Found>,
}

/// The rows of a model, as they were kept.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Few: read into memory.
    Held(Vec<RecordBatch>),
    /// Many: a Parquet file.
    InFile(PathBuf),
}

impl Rows {
    /// All of them, in their order.
    ///
    /// # Errors
    /// Damaged (exit 5) when the file cannot be read.
    pub fn batches(&self) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + Send + '_>> {
        Ok(match self {
            Self::Held(batches) => Box::new(batches.iter().cloned().map(Ok)),
            Self::InFile(path) => {
                let batches = parquet::read(path, None)?;
                Box::new(batches.map(|batch| batch.map_err(|error| parquet::damaged(path, &error))))
            }
        })
    }
}

/// The folder, with what was kept when it was opened and what is kept from then on.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
    before: List,
    now: Mutex<List>,
}

impl Results {
    /// Those of a lake. A list that is not there or cannot be read is an empty one.
    pub fn of(lake: &Lake) -> Self {
        let folder = lake.root().join("_results");
        let before: List = fs::read(folder.join("list.json"))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Self { folder, now: Mutex::new(before.clone()), before }
    }

    fn now(&self) -> MutexGuard<'_, List> {
        lock(&self.now)
    }

    /// What was last kept of a model.
    pub fn last(&self, model: &str) -> Option<&Kept> {
        self.before.models.get(model)
    }

    /// What a check found that was asked of the same.
    pub fn found(&self, check: &str, made_of: &MadeOf) -> Option<&Found> {
        self.before.checks.get(check).filter(|found| found.made_of == *made_of)
    }

    /// The rows of a model that was made from the same; nothing where none are kept, or not as they were written.
    ///
    /// # Errors
    /// Failed when the file cannot be read.
    pub fn rows(&self, model: &str, made_of: &MadeOf) -> Result<Option<(u64, Rows)>> {
        let Some(kept) = self.last(model).filter(|kept| kept.made_of == *made_of) else { return Ok(None) };
        let Some(path) = kept.file.as_ref().map(|file| self.folder.join(file)) else { return Ok(None) };
        if !path.is_file() || parquet::verify_bytes(&path).is_err() {
            return Ok(None);
        }
        if path.extension().is_some_and(|extension| extension == "parquet") {
            return Ok(Some((kept.rows, Rows::InFile(path))));
        }
        let file = File::open(&path).map_err(|source| Error::io("open", &path, source))?;
        let batches = FileReader::try_new(file, None).and_then(Iterator::collect);
        let failed = |error| Error::failed(format!("{}: {error}", path.display()));
        Ok(Some((kept.rows, Rows::Held(batches.map_err(failed)?))))
    }

    /// Keeps the rows of a model that are in a file.
    ///
    /// # Errors
    /// Failed when it cannot be linked or copied.
    pub fn keep_file(&self, model: &str, made_of: &MadeOf, staging: &Path, file: &DataFile) -> Result<()> {
        let name = format!("{model}-{}", file.path.rsplit('-').next().unwrap_or(&file.path));
        let target = self.folder.join(&name);
        self.make_folder()?;
        if !target.exists() {
            link(&staging.join(&file.path), &target)?;
        }
        self.keep(model, Kept { made_of: made_of.clone(), rows: file.rows, file: Some(name) });
        Ok(())
    }

    /// Keeps the few rows of a model that are in memory.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub fn keep_rows(&self, model: &str, made_of: &MadeOf, schema: &SchemaRef, held: &[RecordBatch]) -> Result<()> {
        self.make_folder()?;
        let schema = held.first().map_or_else(|| schema.clone(), RecordBatch::schema);
        let path = self.folder.join(format!("{model}.being_written"));
        let failed = |source| Error::io("write", &path, source);
        let file = Hashing::new(BufWriter::new(File::create(&path).map_err(failed)?));
        let write = |file| {
            let mut writer = FileWriter::try_new(file, &schema)?;
            held.iter().try_for_each(|batch| writer.write(batch))?;
            writer.finish()?;
            writer.into_inner()
        };
        let written =
            write(file).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))?;
        let (file, hash) = written.into_parts();
        file.into_inner().map_err(|error| failed(error.into_error()))?;
        let name = format!("{model}-{}.arrow", fingerprint::text(&hash));
        super::rename(&path, &self.folder.join(&name))?;
        let rows = held.iter().map(|batch| batch.num_rows() as u64).sum();
        self.keep(model, Kept { made_of: made_of.clone(), rows, file: Some(name) });
        Ok(())
    }

    /// Of a model's parts, whose names begin like this, only these are kept on.
    pub fn keep_only(&self, prefix: &str, names: &BTreeSet<String>) {
        self.now().models.retain(|name, _| !name.starts_with(prefix) || names.contains(name));
    }

    /// Keeps what a view was made from.
    pub fn keep_view(&self, model: &str, made_of: MadeOf) {
        self.keep(model, Kept { made_of, rows: 0, file: None });
    }

    fn keep(&self, model: &str, kept: Kept) {
        self.now().models.insert(model.to_owned(), kept);
    }

    /// Keeps what a check found.
    pub fn keep_found(&self, check: &str, found: Found) {
        self.now().checks.insert(check.to_owned(), found);
    }

    /// Writes the list, and removes what it does not name.
    ///
    /// # Errors
    /// Failed when the list cannot be written.
    pub fn finish(&self) -> Result<()> {
        let now = self.now();
        self.make_folder()?;
        let text = serde_json::to_vec(&*now).map_err(|error| Error::failed(format!("the list of results: {error}")))?;
        let aside = self.folder.join("list.being_written");
        fs::write(&aside, text).map_err(|source| Error::io("write", &aside, source))?;
        super::rename(&aside, &self.folder.join("list.json"))?;
        let named: BTreeSet<_> =
            now.models.values().filter_map(|kept| kept.file.as_deref()).chain(["list.json"]).collect();
        let entries = fs::read_dir(&self.folder).map_err(|source| Error::io("list", &self.folder, source))?;
        for entry in entries.flatten() {
            if !named.contains(&*entry.file_name().to_string_lossy()) {
                // What cannot be removed is in nobody's way, and the next run tries again.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    fn make_folder(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|source| Error::io("create", &self.folder, source))
    }
}

/// Puts a kept file among the staged files of a run, as if the run had made it.
///
/// # Errors
/// Failed when it can be neither linked nor copied.
pub fn stage(kept: &Path, rows: u64, staging: &Path, run_id: &str) -> Result<DataFile> {
    let hash = kept.file_stem().unwrap_or_default().to_string_lossy();
    let path = format!("{run_id}-{}.parquet", hash.rsplit('-').next().unwrap_or(&hash));
    fs::create_dir_all(staging).map_err(|source| Error::io("create", staging, source))?;
    link(kept, &staging.join(&path))?;
    let size_bytes = fs::metadata(kept).map_err(|source| Error::io("read", kept, source))?.len();
    Ok(DataFile { path, size_bytes, rows })
}

/// Gives a file a second name; where the file system knows none, a copy.
///
/// # Errors
/// Failed when it cannot be copied either.
fn link(from: &Path, to: &Path) -> Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(drop).map_err(|source| Error::io("copy", from, source))
}
