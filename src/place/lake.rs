//! The lake: plain Parquet files in Hive-style folders, and a Delta log per table as the only truth of which of them
//! belong to it. It is in a folder of this machine, or at an object store, of which a folder here holds copies (`remote`).
//!
//! Files are written aside under `_staging/<run>/`, made durable, moved to their place and then committed as Add and
//! Remove actions; a table is read as the file list of a version, never by listing folders. Statistics hold row counts
//! only: delta-rs keeps decimals in them as doubles and then skips files that match. Logs are written by delta-rs, and read by it
//! where they are not as we write them (`log`). This module knows tables as a
//! name, an Arrow schema and files; it knows neither the catalog nor SQL.

mod lease;
mod log;
mod needless;
mod remote;
mod seal;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, MetadataExt, Remove, StructType};
use deltalake::logstore::LogStoreRef;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use serde_json::json;
use tracing::info;
use url::Url;

use self::lease::Holder;
pub use self::lease::give_all_back;
use self::log::Log;
pub use self::needless::Needless;
pub use self::remote::CopiedFiles;
use self::remote::{CommittingLog, Remote};
pub use self::seal::Seal;
use super::{key_index, sync, write};
use crate::error::{Error, Result};
use crate::settings::Place;

/// What a table's newest version holds, beside it.
const MARK: &str = "_newest.json";

/// Of a table at a store whose files come to no more than this, all are brought here when it is opened.
const BROUGHT_AT_ONCE: u64 = 32 << 20;

/// Between two tries of a run that waits for another.
const BETWEEN_TRIES: Duration = Duration::from_secs(2);

/// A lake.
#[derive(Debug, Clone)]
pub struct Lake {
    /// Its folder, or that of its copies.
    root: PathBuf,
    remote: Option<Arc<Remote>>,
    /// What published versions held, as far as records of runs were read.
    seals: Arc<Mutex<BTreeMap<(String, u64), Seal>>>,
}

/// One data file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Relative to the table's folder, `/` between its parts.
    pub path: String,
    /// As committed; a file of another size is damage.
    pub size_bytes: u64,
    /// As committed.
    pub rows: u64,
}

/// A table as it stood at one version.
#[derive(Debug, Clone)]
pub struct TableState {
    /// Its qualified name.
    pub table: String,
    /// The version in the table's log.
    pub version: u64,
    /// Its files, ordered by path.
    pub files: Vec<DataFile>,
    /// The names of its columns.
    pub columns: BTreeSet<String>,
    folder: PathBuf,
    remote: Option<Arc<Remote>>,
}

/// What one commit does to a table: files that were staged come, files that are there go.
#[derive(Debug, Default)]
pub struct Change {
    /// Staged files; their paths are relative to the table's folder in the staging area and become the final ones.
    pub add: Vec<DataFile>,
    /// Paths that the table's newest version holds.
    pub remove: Vec<String>,
}

/// The table a commit goes to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Qualified name.
    pub table: &'a str,
    /// What one row is; kept as the table's comment.
    pub doc: &'a str,
    /// Its schema from this commit on, column comments included.
    pub schema: &'a SchemaRef,
}

impl Change {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// The right to write to the lake, held until dropped. The lock goes with the process, however it ends; at a store it ends with its
/// time.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
    remote: Option<Arc<Remote>>,
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        if let Some(remote) = &self.remote {
            remote.give_back();
        }
    }
}

impl Lake {
    /// The lake in this folder, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), remote: None, seals: Arc::default() }
    }

    /// The lake at this place, which need not be there yet, as it is now.
    ///
    /// # Errors
    /// As those of a store; none of a folder.
    pub fn open(place: &Place) -> Result<Self> {
        let remote = place.store.as_ref().map(|store| Remote::open(store, &place.folder)).transpose()?.map(Arc::new);
        if let Some(remote) = &remote {
            remote.refresh()?;
        }
        let root = if remote.is_some() { super::real(&place.folder) } else { place.folder.clone() };
        Ok(Self { remote, ..Self::new(root) })
    }

    /// The lake's folder, or that of its copies: what is worked out from a lake can be kept here, never what is part of it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where it is: its folder, or its URL.
    pub fn address(&self) -> PathBuf {
        match &self.remote {
            Some(remote) => remote.store().address_of("").trim_end_matches('/').into(),
            None => self.root.clone(),
        }
    }

    /// Its files as object stores are read; none where they are plain files of this machine.
    pub fn copied_files(&self) -> Option<CopiedFiles> {
        self.remote.clone().map(CopiedFiles::of)
    }

    /// Whether any table is here. Folders without a table, an empty log or other people's files make no lake.
    ///
    /// # Errors
    /// Failed when a folder cannot be listed.
    pub fn has_tables(&self) -> Result<bool> {
        self.tables().map(|tables| !tables.is_empty())
    }

    /// The qualified names of the tables that are here.
    ///
    /// # Errors
    /// Failed when a folder cannot be listed.
    pub fn tables(&self) -> Result<Vec<String>> {
        let mut tables = Vec::new();
        for schema in folders(&self.root)? {
            for table in folders(&schema)? {
                let name = table.strip_prefix(&self.root).unwrap_or(&table).to_string_lossy().replace('/', ".");
                if self.newest_version(&name)?.is_some() {
                    tables.push(name);
                }
            }
        }
        tables.sort_unstable();
        Ok(tables)
    }

    /// Why no lake is here, in words.
    pub fn describe_absence(&self) -> String {
        if self.remote.is_some() {
            return format!("{} holds no table", self.address().display());
        }
        let path = std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone());
        let why = match fs::metadata(&self.root) {
            Err(_) => "does not exist",
            Ok(found) if !found.is_dir() => "is a file",
            Ok(_) => "holds no table",
        };
        format!("{} {why}", path.display())
    }

    /// Takes the lake for one writer, waiting so long for another to end, and clears what a killed run left in the staging area.
    ///
    /// # Errors
    /// Temporary (exit 75) while another run holds it, naming that run; usage (exit 2) where a file stands in its place, or the
    /// store is not one to keep a lake at; failed when the folder cannot be written.
    pub async fn lock(&self, run_id: &str, wait: Duration) -> Result<WriteLock> {
        let until = Instant::now() + wait;
        let mut is_said = false;
        loop {
            match self.try_lock(run_id) {
                Err(error) if error.kind() == crate::error::ErrorKind::Temporary && Instant::now() < until => {
                    if !std::mem::replace(&mut is_said, true) {
                        info!("waiting: {error}");
                    }
                    tokio::time::sleep(BETWEEN_TRIES.min(until - Instant::now())).await;
                }
                done => return done,
            }
        }
    }

    fn try_lock(&self, run_id: &str) -> Result<WriteLock> {
        let path = self.root.join("_lock");
        if self.root.is_file() {
            return Err(Error::usage(format!("{} is a file where a folder is to be", self.root.display())));
        }
        fs::create_dir_all(&self.root).map_err(|source| Error::io("create", &self.root, source))?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| Error::io("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(|source| Error::io("read", &path, source))?;
                return Err(Error::temporary(format!(
                    "the lake {} is being written by another run: {}",
                    self.address().display(),
                    holder.trim()
                ))
                .hint("wait for it to end, with `--wait-lock 10m`, and run again; nothing was changed"));
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path, source)),
        }
        let holder = Holder::of(run_id);
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(format!("{holder}\n").as_bytes()))
            .map_err(|source| Error::io("write", &path, source))?;
        if let Some(remote) = &self.remote {
            remote.take(holder)?;
        }
        let lock = WriteLock { _file: file, remote: self.remote.clone() };
        if let Some(remote) = &self.remote {
            // Another may have written until a moment ago.
            remote.refresh()?;
        }
        let staging = self.root.join("_staging");
        match fs::remove_dir_all(&staging) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io("clear", &staging, source)),
            _ => Ok(lock),
        }
    }

    /// Where a run writes the files of a table before they are committed.
    pub fn staging(&self, run_id: &str, table: &str) -> PathBuf {
        self.root.join("_staging").join(run_id).join(table.replace('.', "/"))
    }

    /// Removes a run's staging area.
    pub fn clear_staging(&self, run_id: &str) {
        // What is left behind is cleared by the next run's lock.
        let _ = fs::remove_dir_all(self.root.join("_staging").join(run_id));
        let _ = fs::remove_dir(self.root.join("_staging"));
    }

    fn folder(&self, table: &str) -> PathBuf {
        self.root.join(table.replace('.', "/"))
    }

    /// A table at a version, or at its newest; `None` where the lake has no such table.
    ///
    /// # Errors
    /// Damaged (exit 5) when the log cannot be read, names a version that is not there, or is not what was published.
    pub async fn table(&self, table: &str, version: Option<u64>) -> Result<Option<TableState>> {
        let folder = self.folder(table);
        if !folder.join("_delta_log").is_dir() {
            return match version {
                None => Ok(None),
                Some(version) => Err(damaged(table, format!("version {version} is published but the table is gone"))),
            };
        }
        let log = match Log::read(&folder.join("_delta_log"), version) {
            Some(log) => log,
            None => match open(folder_url(&folder)?, version).await {
                Ok(delta) => read(table, &delta)?,
                // The first commit never happened: a run was killed between making the folder and writing the log.
                Err(DeltaTableError::NotATable(_)) if version.is_none() && self.newest_version(table)?.is_none() => {
                    return Ok(None);
                }
                Err(error) => return Err(log_error(table, &error)),
            },
        };
        let state = TableState::at(table, log, folder, self.remote.clone());
        if let Some(seal) = self.seal(table, state.version) {
            seal.hold(&state)?;
        }
        Ok(Some(state))
    }

    /// What a version of a table was published with, as far as that is known: every reader holds the table against it from now on.
    pub fn published_with(&self, table: &str, seal: Seal) {
        if let Ok(mut seals) = self.seals.lock() {
            seals.insert((table.to_owned(), seal.version), seal);
        }
    }

    /// What a version of a table was published with, where that is known.
    pub fn seal(&self, table: &str, version: u64) -> Option<Seal> {
        self.seals.lock().ok()?.get(&(table.to_owned(), version)).cloned()
    }

    /// Remembers beside a table what its newest version holds, for a table that no record names: an entry of its log that is gone is
    /// noticed by [`Self::hold_to_mark`]. Durable when it returns; where it is cut off before, the mark is of an older version.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn mark(&self, state: &TableState) -> Result<()> {
        write(&state.folder, MARK, &Seal::of(state))?;
        let path = state.folder.join(MARK);
        match self.remote.as_ref().and_then(|remote| Some((remote, remote.name_of(&path)?))) {
            None => Ok(()),
            Some((remote, name)) => {
                remote.put(&name, fs::read(&path).map_err(|source| Error::io("read", &path, source))?.into())
            }
        }
    }

    /// Removes a file that no version needs any more.
    ///
    /// # Errors
    /// Failed where it cannot be removed; one that is not there is removed.
    pub fn remove(&self, path: &Path) -> Result<()> {
        match self.remote.as_ref().and_then(|remote| Some((remote, remote.name_of(path)?))) {
            Some((remote, name)) => remote.remove(&name),
            None => remove_file(path),
        }
    }

    /// Holds a table to what was remembered beside it, if anything was.
    ///
    /// # Errors
    /// Damaged (exit 5) where its log ends earlier, or says something else; failed when it cannot be read.
    pub fn hold_to_mark(&self, state: &TableState) -> Result<()> {
        let path = state.folder.join(MARK);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(source) if is_absent(&source) => return Ok(()),
            Err(source) => return Err(Error::io("read", &path, source)),
        };
        let mark: Seal = serde_json::from_slice(&text)
            .map_err(|error| damaged(&state.table, format!("{} cannot be read: {error}", path.display())))?;
        match state.version.cmp(&mark.version) {
            Ordering::Less => {
                let ends =
                    format!("version {} was written and its log ends at version {}", mark.version, state.version);
                Err(damaged(&state.table, ends))
            }
            Ordering::Equal => mark.hold(state),
            Ordering::Greater => Ok(()),
        }
    }

    /// The newest version of a table by the names in its log, without reading it; `None` where there is no such table.
    ///
    /// # Errors
    /// Failed when the log's folder cannot be listed.
    pub fn newest_version(&self, table: &str) -> Result<Option<u64>> {
        let log = self.folder(table).join("_delta_log");
        let entries = match fs::read_dir(&log) {
            Ok(entries) => entries,
            Err(source) if is_absent(&source) => return Ok(None),
            Err(source) => return Err(Error::io("list", &log, source)),
        };
        let mut newest = None;
        for entry in entries {
            let name = entry.map_err(|source| Error::io("list", &log, source))?.file_name();
            let version = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            newest = newest.max(version);
        }
        Ok(newest)
    }

    /// Commits a change to a table, making it on its first commit, and returns the table as it is then.
    ///
    /// `base` is the table's newest version as the caller saw it under the write lock.
    ///
    /// # Errors
    /// Failed when files cannot be moved or the log not written: the table then stays as it was.
    pub async fn commit(
        &self,
        target: Target<'_>,
        base: Option<&TableState>,
        change: Change,
        run_id: &str,
        committed_at_millis: i64,
    ) -> Result<TableState> {
        let Target { table, doc, schema } = target;
        let folder = self.folder(table);
        self.place_files(&self.staging(run_id, table), &folder, &change.add)?;
        let kernel_schema: StructType = (&*without_views(schema))
            .try_into_kernel()
            .map_err(|error| Error::failed(format!("{table}: the schema does not fit a Delta table: {error}")))?;
        let mut actions: Vec<Action> =
            change.add.iter().map(|file| Action::Add(add_action(file, committed_at_millis))).collect();
        actions.extend(change.remove.iter().map(|path| Action::Remove(remove_action(path, base, committed_at_millis))));
        let metadata = [("etl.runId".to_owned(), json!(run_id))];
        let version = match base {
            None => CreateBuilder::new()
                .with_log_store(self.log_of(table, &folder)?)
                .with_table_name(table)
                .with_comment(doc)
                .with_columns(kernel_schema.fields().cloned())
                .with_configuration_property(deltalake::TableProperty::DataSkippingNumIndexedCols, Some("0"))
                .with_actions(actions)
                .with_commit_properties(commit_properties().with_metadata(metadata))
                .await
                .map_err(|error| commit_error(table, &error))?
                .version()
                .unwrap_or_default(),
            Some(base) => {
                let opened = open(folder_url(&folder)?, Some(base.version)).await;
                let delta = opened.map_err(|error| log_error(table, &error))?;
                let snapshot = delta.snapshot().map_err(|error| log_error(table, &error))?;
                if snapshot.schema().as_ref() != &kernel_schema {
                    let changed = snapshot
                        .metadata()
                        .clone()
                        .with_schema(&kernel_schema)
                        .map_err(|error| commit_error(table, &error.into()))?;
                    actions.push(Action::Metadata(changed));
                }
                let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
                CommitBuilder::from(commit_properties().with_metadata(metadata))
                    .with_actions(actions)
                    .with_max_retries(0)
                    .build(Some(snapshot.snapshot()), self.log_of(table, &folder)?, operation)
                    .await
                    .map_err(|error| commit_error(table, &error))?
                    .version()
            }
        };
        let log = folder.join("_delta_log");
        sync(&log.join(format!("{version:020}.json")))?;
        sync(&log)?;
        for gone in &change.remove {
            // Keys are looked for in the newest version alone; what cannot be removed is in nobody's way.
            let index = folder.join(key_index::beside(gone));
            if index.is_file() {
                let _ = self.remove(&index);
            }
        }
        self.table(table, Some(version)).await?.ok_or_else(|| damaged(table, "it is gone"))
    }

    /// The log of a table, as delta-rs writes it.
    fn log_of(&self, table: &str, folder: &Path) -> Result<LogStoreRef> {
        let copy = DeltaTableBuilder::from_url(folder_url(folder)?).and_then(|builder| builder.build_storage());
        let copy = copy.map_err(|error| log_error(table, &error))?;
        Ok(match &self.remote {
            None => copy,
            Some(remote) => Arc::new(CommittingLog { copy, remote: remote.clone(), table: table.replace('.', "/") }),
        })
    }

    /// Moves staged files to their final place; durable when it returns.
    fn place_files(&self, staging: &Path, folder: &Path, files: &[DataFile]) -> Result<()> {
        if let Some(remote) = &self.remote {
            let indexes = files.iter().map(|file| key_index::beside(&file.path));
            let staged = files.iter().map(|file| file.path.clone()).chain(indexes);
            let named = staged.filter(|path| staging.join(path).exists()).filter_map(|path| {
                Some((remote.name_of(&crate::place::real(&folder.join(&path)))?, staging.join(&path)))
            });
            remote.send(&named.collect::<Vec<_>>())?;
        }
        fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
        let mut parents: Vec<PathBuf> = Vec::new();
        let indexes = files.iter().map(|file| key_index::beside(&file.path)).filter(|path| staging.join(path).exists());
        for path in files.iter().map(|file| file.path.clone()).chain(indexes) {
            let from = staging.join(&path);
            let to = folder.join(&path);
            let parent = to.parent().unwrap_or(folder).to_path_buf();
            if !parents.contains(&parent) {
                fs::create_dir_all(&parent).map_err(|source| Error::io("create", &parent, source))?;
                parents.push(parent);
            }
            fs::rename(&from, &to).map_err(|source| Error::io("move into the lake", &from, source))?;
        }
        // Up to the lake's own folder: each may have been made just now.
        let above = folder.ancestors().take_while(|ancestor| ancestor.starts_with(&self.root));
        parents.extend(above.map(Path::to_path_buf));
        parents.iter().try_for_each(|parent| sync(parent))
    }
}

impl TableState {
    fn at(table: &str, log: Log, folder: PathBuf, remote: Option<Arc<Remote>>) -> Self {
        let Log { version, files, columns } = log;
        let state = Self { table: table.to_owned(), version, files, columns, folder, remote };
        if let Some(remote) = &state.remote {
            remote.expect(state.files.iter().filter_map(|file| state.named(file)));
        }
        state
    }

    /// The name at the store and the size of one of its files.
    fn named(&self, file: &DataFile) -> Option<(String, u64)> {
        Some((self.remote.as_ref()?.name_of(&self.path_of(file))?, file.size_bytes))
    }

    /// The full path of one of its files; at a store, of its copy, which may not be there yet.
    pub fn path_of(&self, file: &DataFile) -> PathBuf {
        self.folder.join(&file.path)
    }

    /// The full path of one of its files, which is there.
    ///
    /// # Errors
    /// Where the file is at a store: damaged (exit 5) when it is gone or not what was written, else as the store's own.
    pub fn brought(&self, file: &DataFile) -> Result<PathBuf> {
        if let Some(remote) = &self.remote {
            remote.bring(self.named(file))?;
        }
        Ok(self.path_of(file))
    }

    /// The full path of the index of one of its files, which may not be there.
    ///
    /// # Errors
    /// As the store's own, where it is at one.
    pub fn path_of_index(&self, file: &DataFile) -> Result<PathBuf> {
        let path = self.folder.join(key_index::beside(&file.path));
        if let Some(remote) = &self.remote
            && let Some(name) = remote.name_of(&path)
        {
            remote.bring_if_there(&name)?;
        }
        Ok(path)
    }

    /// Sees to it that all its files are here, as [`Self::verify_files`] wants them.
    ///
    /// # Errors
    /// As [`Self::brought`] and [`Self::verify_files`].
    pub fn bring(&self) -> Result<()> {
        if let Some(remote) = &self.remote {
            remote.bring(self.files.iter().filter_map(|file| self.named(file)))?;
        }
        self.verify_files()
    }

    /// Brings its files here where they are few and small; of others DataFusion reads what it needs.
    ///
    /// # Errors
    /// As [`Self::brought`].
    pub fn bring_if_small(&self) -> Result<()> {
        let bytes: u64 = self.files.iter().map(|file| file.size_bytes).sum();
        if self.remote.is_some() && bytes <= BROUGHT_AT_ONCE { self.bring() } else { Ok(()) }
    }

    /// Finds files that are gone or have another size than was committed. At a store that is noticed when they are read.
    ///
    /// # Errors
    /// Damaged (exit 5), naming the first such file.
    pub fn verify_files(&self) -> Result<()> {
        for file in &self.files {
            let path = self.path_of(file);
            let found = match fs::metadata(&path) {
                Ok(metadata) if metadata.len() == file.size_bytes => continue,
                Ok(metadata) => {
                    format!("is {} bytes long and not {}, as it was committed", metadata.len(), file.size_bytes)
                }
                Err(source) if is_absent(&source) && self.remote.is_some() => continue,
                Err(source) if source.kind() == std::io::ErrorKind::NotFound => "is gone".to_owned(),
                Err(source) => return Err(Error::io("read", &path, source)),
            };
            return Err(Error::damaged(format!("{} {found}", path.display()))
                .hint("restore the file, or move the lake folder away and rebuild it with `etl run --stage all`"));
        }
        Ok(())
    }

    /// The same of what a query reads: at a store large files of which no copy is here are read by ranges, and are not held to anything.
    ///
    /// # Errors
    /// As [`Self::verify_bytes`].
    pub fn verify_bytes_read(&self) -> Result<()> {
        self.bring_if_small()?;
        self.verify_files()?;
        let here =
            self.files.iter().map(|file| self.path_of(file)).filter(|path| self.remote.is_none() || path.exists());
        here.into_iter().try_for_each(|path| super::parquet::verify_bytes(&path))
    }

    /// Reads one of its files where it is, not a copy of it, and says what is wrong with it, if anything is.
    ///
    /// # Errors
    /// Failed when it cannot be read for another reason; as the store's own.
    pub fn examine(&self, file: &DataFile) -> Result<Option<String>> {
        if let (Some(remote), Some((name, size))) = (&self.remote, self.named(file)) {
            return remote.examine(&name, size);
        }
        let alone = Self { files: vec![file.clone()], ..self.clone() };
        match alone.verify_bytes() {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == crate::error::ErrorKind::Damaged => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Finds files whose bytes are not those that were written; reads them all.
    ///
    /// # Errors
    /// Damaged (exit 5), naming the first such file.
    pub fn verify_bytes(&self) -> Result<()> {
        self.bring()?;
        self.files.iter().try_for_each(|file| super::parquet::verify_bytes(&self.path_of(file)))
    }
}

/// A table as delta-rs reads it.
async fn open(url: Url, version: Option<u64>) -> std::result::Result<DeltaTable, DeltaTableError> {
    let mut builder = DeltaTableBuilder::from_url(url)?;
    if let Some(version) = version {
        builder = builder.with_version(version);
    }
    builder.load().await
}

/// A log that delta-rs has read.
fn read(table: &str, delta: &DeltaTable) -> Result<Log> {
    let snapshot = delta.snapshot().map_err(|error| log_error(table, &error))?;
    let mut files = Vec::new();
    for view in snapshot.log_data().iter() {
        let stats = view.stats().unwrap_or_default();
        let stats: serde_json::Value = serde_json::from_str(&stats).unwrap_or_default();
        files.push(DataFile {
            path: view.path().into_owned(),
            size_bytes: view.size().unsigned_abs(),
            rows: stats.get("numRecords").and_then(serde_json::Value::as_u64).unwrap_or_default(),
        });
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let columns = snapshot.schema().fields().map(|field| field.name().clone()).collect();
    Ok(Log { version: snapshot.version(), files, columns })
}

/// Removes a file; one that is not there is removed.
fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if !is_absent(&source) => Err(Error::io("remove", path, source)),
        _ => Ok(()),
    }
}

/// Whether nothing is there, also where a file stands in place of a folder above it.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The folders in a folder; none where it is not there, or is none.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if is_absent(&source) => return Ok(Vec::new()),
        Err(source) => return Err(Error::io("list", folder, source)),
    };
    let paths = entries.map(|entry| Ok(entry.map_err(|source| Error::io("list", folder, source))?.path()));
    Ok(paths.collect::<Result<Vec<_>>>()?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Delta has one string type: view types are ours alone.
fn without_views(schema: &SchemaRef) -> SchemaRef {
    use arrow::datatypes::DataType;
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8View => field.as_ref().clone().with_data_type(DataType::Utf8),
        _ => field.as_ref().clone(),
    });
    Schema::new(fields.collect::<Vec<_>>()).into()
}

fn add_action(file: &DataFile, millis: i64) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: HashMap::new(),
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: millis,
        data_change: true,
        stats: Some(json!({ "numRecords": file.rows }).to_string()),
        ..Add::default()
    }
}

fn remove_action(path: &str, base: Option<&TableState>, millis: i64) -> Remove {
    let size = base.and_then(|base| base.files.iter().find(|file| file.path == path)).map(|file| file.size_bytes);
    Remove {
        path: path.to_owned(),
        data_change: true,
        deletion_timestamp: Some(millis),
        extended_file_metadata: Some(true),
        partition_values: Some(HashMap::new()),
        size: size.and_then(|size| i64::try_from(size).ok()),
        ..Remove::default()
    }
}

/// No checkpoints: delta-rs does not make them durable, and a torn one hides a log that is whole. No cleaning up: a
/// version that is published must stay.
fn commit_properties() -> CommitProperties {
    CommitProperties::default().with_create_checkpoint(false).with_cleanup_expired_logs(Some(false))
}

fn folder_url(folder: &Path) -> Result<Url> {
    let absolute = std::path::absolute(folder).map_err(|source| Error::io("resolve", folder, source))?;
    let text = absolute.to_string_lossy();
    if text.contains(['%', '\\']) || text.chars().any(char::is_control) {
        // delta-rs decodes its paths once more: `a%20b` would be the folder `a b`.
        return Err(Error::usage(format!(
            "the lake cannot be in {text:?}: `%`, `\\` and control characters are taken for codes"
        ))
        .hint("choose another folder with --lake"));
    }
    Url::from_directory_path(&absolute)
        .map_err(|()| Error::failed(format!("{} cannot be written as a URL", absolute.display())))
}

/// A table that is not as a run leaves it.
pub fn damaged(table: &str, message: impl std::fmt::Display) -> Error {
    Error::damaged(format!("lake table {table}: {message}"))
        .hint("restore the lake from a copy, or move it away and rebuild it with `etl run --stage all`")
}

fn log_error(table: &str, error: &DeltaTableError) -> Error {
    damaged(table, format!("its log cannot be read: {}", first_line(error)))
}

/// The message without the backtrace that some of these errors carry.
fn first_line(error: &DeltaTableError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn commit_error(table: &str, error: &DeltaTableError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        // What a store failed with is told as such.
        if let Some(own) = error.downcast_ref::<Error>() {
            return own.clone();
        }
        cause = error.source();
    }
    Error::failed(format!("lake table {table}: the commit failed: {}", first_line(error)))
        .hint("nothing of this run is visible; run again")
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    /// A lake with a table of two versions: a file comes, and another takes its place.
    async fn lake(root: &Path) -> Lake {
        let lake = Lake::new(root);
        let schema: SchemaRef = Schema::new(vec![Field::new("id", DataType::Utf8, true)]).into();
        let target = Target { table: "etl.things", doc: "A thing.", schema: &schema };
        let mut state = None;
        for (run, name) in ["first", "second"].into_iter().enumerate() {
            let staging = lake.staging(name, target.table);
            fs::create_dir_all(&staging).unwrap();
            fs::write(staging.join(name), "rows").unwrap();
            let remove =
                state.iter().flat_map(|state: &TableState| &state.files).map(|file| file.path.clone()).collect();
            let change = Change { add: vec![DataFile { path: name.to_owned(), size_bytes: 4, rows: 7 }], remove };
            state = Some(lake.commit(target, state.as_ref(), change, name, run as i64).await.unwrap());
        }
        lake
    }

    #[tokio::test]
    async fn a_log_is_read_as_the_library_reads_it_at_each_version() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path()).await;
        let folder = lake.folder("etl.things");
        for version in [None, Some(0), Some(1)] {
            let log = Log::read(&folder.join("_delta_log"), version).unwrap();
            let delta = open(folder_url(&folder).unwrap(), version).await.unwrap();
            assert_eq!(log, read("etl.things", &delta).unwrap());
        }
        let newest = lake.table("etl.things", None).await.unwrap().unwrap();
        assert_eq!(newest.files, [DataFile { path: "second".to_owned(), size_bytes: 4, rows: 7 }]);
    }

    #[tokio::test]
    async fn a_log_with_a_checkpoint_is_left_to_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path()).await;
        let log = lake.folder("etl.things").join("_delta_log");
        let before = lake.table("etl.things", None).await.unwrap().unwrap();
        let delta = open(folder_url(&lake.folder("etl.things")).unwrap(), None).await.unwrap();
        deltalake::checkpoints::create_checkpoint(&delta, None).await.unwrap();
        fs::remove_file(log.join("00000000000000000000.json")).unwrap();
        assert_eq!(Log::read(&log, None), None);
        assert_eq!(lake.table("etl.things", None).await.unwrap().unwrap().files, before.files);
    }
}
