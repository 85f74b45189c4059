//! A lake at an object store. The objects are the lake; a folder of this machine holds copies of what was read and written of them,
//! under the same names, so that whatever works on a lake's files works on these.
//!
//! Logs are small and copied whole, each time a lake is opened; of data files only those that are asked for come, once. A file's
//! name says what its bytes are, so a copy is never out of date, and one that came over damaged is noticed.

mod files;
mod log_store;
mod probe;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use tracing::{debug, info};
use twox_hash::XxHash3_128;

pub use self::files::CopiedFiles;
pub(super) use self::log_store::CommittingLog;
use super::lease::{Holder, Lease};
use super::{MARK, Needless, remove_file};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::place::store::{Entry, Store};
use crate::place::{parquet, rename, write};
use crate::settings::StorePlace;
use crate::threads::lock;

/// Requests of one kind that are made at once.
const AT_ONCE: usize = 16;

/// The table that names the versions of all others, and is named by none: see [`super::Lake::mark`].
const MARKED: &str = "etl/runs";

/// The marks of the log entries that were copied, beside the copies.
const COPIED: &str = "_copied.json";

/// Says that the store was tried for what a lake needs of it.
const TRIED: &str = "_tried.json";

/// Copies that were asked for in this time are not removed to make room.
const IN_USE: Duration = Duration::from_hours(6);

/// A lake at a store.
#[derive(Debug)]
pub struct Remote {
    store: Store,
    copies: PathBuf,
    most_bytes: u64,
    lease_time: Duration,
    lease: Mutex<Option<Arc<Lease>>>,
    /// The sizes of files, as they were committed, by name.
    sizes: Mutex<BTreeMap<String, u64>>,
}

impl Remote {
    /// The lake at this place, copied to a folder. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// As [`Store::open`]; failed where the folder cannot be made.
    pub fn open(place: &StorePlace, copies: &Path) -> Result<Self> {
        fs::create_dir_all(copies).map_err(|source| Error::io("create", copies, source))?;
        Ok(Self {
            store: Store::open(place)?,
            copies: crate::place::real(copies),
            most_bytes: place.cache_bytes,
            lease_time: place.lease,
            lease: Mutex::default(),
            sizes: Mutex::default(),
        })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A file's name from its path among the copies; none for a path elsewhere.
    pub fn name_of(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.copies).ok()?;
        Some(name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    /// Copies what came to the logs since, and forgets everything of a lake that was another.
    ///
    /// # Errors
    /// As the store's own; failed where copies cannot be written.
    pub fn refresh(&self) -> Result<()> {
        self.store.wait(self.copy_logs())
    }

    async fn copy_logs(&self) -> Result<()> {
        // What another process of this machine commits meanwhile would be missing from the list, and taken for a stray.
        let _guard = self.guard()?;
        let logs = self.list_logs().await?;
        let copied_path = self.copies.join(COPIED);
        let mut copied: BTreeMap<String, String> =
            fs::read(&copied_path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let marks: BTreeMap<_, _> = logs.iter().map(|entry| (entry.name.clone(), entry.mark.clone())).collect();
        if copied.iter().any(|(name, mark)| marks.get(name) != Some(mark)) {
            info!("{} is not the lake that was copied: the copies are thrown away", self.store.address_of(""));
            self.forget()?;
            copied.clear();
        }
        let wanted = logs.iter().filter(|entry| !copied.contains_key(&entry.name));
        let fetched = futures::stream::iter(wanted).map(async |entry| self.copy_entry(&entry.name).await);
        fetched.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        self.drop_strays(&marks)?;
        if marks != copied {
            write(&self.copies, COPIED, &marks)?;
        }
        self.copy_marks(&marks).await?;
        self.make_room()
    }

    /// The entries of all tables' logs.
    async fn list_logs(&self) -> Result<Vec<Entry>> {
        let is_table = |name: &String| !name.starts_with('_');
        let schemas: Vec<_> = self.store.folders("").await?.into_iter().filter(is_table).collect();
        let tables = futures::stream::iter(&schemas)
            .map(async |schema| {
                let tables = self.store.folders(schema).await?;
                Ok::<_, Error>(tables.into_iter().map(|table| format!("{schema}/{table}")).collect::<Vec<_>>())
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?
            .concat();
        let logs = futures::stream::iter(&tables)
            .map(async |table| self.store.entries(&format!("{table}/_delta_log")).await)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(logs.into_iter().flatten().collect())
    }

    async fn copy_entry(&self, name: &str) -> Result<()> {
        let Some((bytes, _)) = self.store.get(name).await? else {
            return Err(Error::temporary(format!("{} is no longer there", self.store.address_of(name)))
                .hint("it was listed a moment ago: run again"));
        };
        self.put_aside(name, &bytes)
    }

    /// Writes a copy in one step.
    fn put_aside(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, aside) = self.paths(name)?;
        fs::write(&aside, bytes).map_err(|source| Error::io("write", &aside, source))?;
        rename(&aside, &path)
    }

    /// Where a copy is, and where it is written before; their folder is there.
    fn paths(&self, name: &str) -> Result<(PathBuf, PathBuf)> {
        let path = self.copies.join(name);
        let parent = path.parent().unwrap_or(&self.copies);
        fs::create_dir_all(parent).map_err(|source| Error::io("create", parent, source))?;
        let aside = parent.join(format!("_{}.copying", uuid::Uuid::now_v7()));
        Ok((path, aside))
    }

    /// What the newest version of the table of runs holds, as it stands beside it.
    async fn copy_marks(&self, logs: &BTreeMap<String, String>) -> Result<()> {
        if !logs.keys().any(|name| name.starts_with(&format!("{MARKED}/"))) {
            return Ok(());
        }
        let name = format!("{MARKED}/{MARK}");
        match self.store.get(&name).await? {
            Some((bytes, _)) => self.put_aside(&name, &bytes),
            None => remove_file(&self.copies.join(&name)),
        }
    }

    /// Removes copies of log entries that are not at the store.
    fn drop_strays(&self, marks: &BTreeMap<String, String>) -> Result<()> {
        for schema in super::folders(&self.copies)? {
            for table in super::folders(&schema)? {
                let log = table.join("_delta_log");
                for entry in fs::read_dir(&log).into_iter().flatten().flatten() {
                    let path = entry.path();
                    if self.name_of(&path).is_some_and(|name| !marks.contains_key(&name)) {
                        remove_file(&path)?;
                    }
                }
                // A table is a folder with a log; a lake without tables is none.
                let _ = fs::remove_dir(&log);
            }
        }
        Ok(())
    }

    /// Throws all copies away, and with them what was worked out from them.
    fn forget(&self) -> Result<()> {
        for entry in fs::read_dir(&self.copies).map_err(|source| Error::io("list", &self.copies, source))? {
            let path = entry.map_err(|source| Error::io("list", &self.copies, source))?.path();
            let is_lock = path.file_name().is_some_and(|name| name == "_lock" || name == GUARD);
            let removed = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false if is_lock => Ok(()),
                false => fs::remove_file(&path),
            };
            removed.map_err(|source| Error::io("remove", &path, source))?;
        }
        Ok(())
    }

    /// Lets one process of this machine at a time change the copies of logs.
    fn guard(&self) -> Result<File> {
        let path = self.copies.join(GUARD);
        let open = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|source| Error::io("lock", &path, source))
    }

    /// Tells the sizes of files that may be read, by name.
    pub fn expect(&self, files: impl IntoIterator<Item = (String, u64)>) {
        lock(&self.sizes).extend(files);
    }

    fn size_of(&self, name: &str) -> Option<u64> {
        lock(&self.sizes).get(name).copied()
    }

    /// Sees to it that copies of these files are here, each given by name and size.
    ///
    /// # Errors
    /// Damaged (exit 5) where one is gone, or is not what was written; else as the store's own.
    pub fn bring(&self, files: impl IntoIterator<Item = (String, u64)>) -> Result<()> {
        let absent: Vec<_> = files.into_iter().filter(|(name, size)| !self.is_here(name, *size)).collect();
        if absent.is_empty() {
            return Ok(());
        }
        self.store.wait(async {
            let brought = futures::stream::iter(&absent).map(async |(name, size)| self.bring_one(name, *size).await);
            brought.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(drop)
        })
    }

    /// Whether a copy of this size is here; it is noted as used.
    fn is_here(&self, name: &str, size: u64) -> bool {
        let Ok(file) = File::open(self.copies.join(name)) else { return false };
        // A note that cannot be made lets it go sooner than others.
        let _ = file.set_modified(SystemTime::now());
        file.metadata().is_ok_and(|found| found.len() == size)
    }

    async fn bring_one(&self, name: &str, size: u64) -> Result<()> {
        let (path, aside) = self.paths(name)?;
        let address = self.store.address_of(name);
        if !self.store.download(name, &aside).await? {
            remove_file(&aside)?;
            return Err(lost(&format!("{address} is gone")));
        }
        let found = fs::metadata(&aside).map_err(|source| Error::io("read", &aside, source))?.len();
        let checked = match found == size {
            true => parquet::verify_named(&aside, &path, &address),
            false => Err(lost(&format!("{address} is {found} bytes long and not {size}, as it was committed"))),
        };
        if checked.is_err() {
            remove_file(&aside)?;
        }
        checked?;
        debug!("copied {address}");
        rename(&aside, &path)
    }

    /// Sees to it that a copy is here of a file that need not be there, such as an index.
    ///
    /// # Errors
    /// As the store's own.
    pub fn bring_if_there(&self, name: &str) -> Result<()> {
        if self.copies.join(name).is_file() {
            return Ok(());
        }
        let (path, aside) = self.paths(name)?;
        match self.store.wait(self.store.download(name, &aside))? {
            true => rename(&aside, &path),
            false => Ok(()),
        }
    }

    /// Sends files to the store, each under its name and from its path.
    ///
    /// # Errors
    /// Temporary (exit 75) where the lake was taken over; else as the store's own.
    pub fn send(&self, files: &[(String, PathBuf)]) -> Result<()> {
        self.store.wait(async {
            self.fence().await?;
            let sent = futures::stream::iter(files).map(async |(name, path)| self.store.upload(name, path).await);
            sent.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(drop)
        })
    }

    /// Writes a small file beside a table, in place of what stood there; the copy is the caller's.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        self.store.wait(async {
            self.fence().await?;
            self.store.put(name, bytes).await
        })
    }

    /// Commits an entry of a log: at the store, where none of its version stands, and then to the copy. Says whether it is there.
    ///
    /// # Errors
    /// As [`Self::send`]; temporary (exit 75) also where it is not known what became of it.
    pub async fn commit(&self, name: &str, bytes: Bytes) -> Result<bool> {
        self.fence().await?;
        let is_there = self.store.create(name, bytes.clone()).await?;
        if is_there {
            let _guard = self.guard()?;
            self.put_aside(name, &bytes)?;
        }
        Ok(is_there)
    }

    /// Removes a file and its copy.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn remove(&self, name: &str) -> Result<()> {
        self.store.wait(async {
            self.fence().await?;
            self.store.remove(name).await
        })?;
        remove_file(&self.copies.join(name))
    }

    /// Reads a file to its end and says what is wrong with it, if anything is.
    ///
    /// # Errors
    /// As the store's own.
    pub fn examine(&self, name: &str, size: u64) -> Result<Option<String>> {
        let (mut hash, mut found) = (XxHash3_128::new(), 0);
        let read = self.store.read_through(name, |bytes| {
            hash.write(bytes);
            found += bytes.len() as u64;
        });
        let address = self.store.address_of(name);
        if !self.store.wait(read)? {
            return Ok(Some(format!("{address} is gone")));
        }
        if found != size {
            return Ok(Some(format!("{address} is {found} bytes long and not {size}, as it was committed")));
        }
        let is_other = parquet::hash_in(Path::new(name)).is_some_and(|hash_of| hash_of != fingerprint::text(&hash));
        Ok(is_other.then(|| format!("{address}: its bytes are not those that were written")))
    }

    /// The files of a table, whether a version holds them or not, but for those of its log.
    ///
    /// # Errors
    /// As the store's own.
    pub fn list(&self, table: &str) -> Result<Vec<Needless>> {
        let entries = self.store.wait(self.store.entries(&table.replace('.', "/")))?;
        let is_data = |entry: &Entry| !entry.name.contains("/_delta_log/") && !entry.name.ends_with(MARK);
        let found = entries.into_iter().filter(is_data);
        Ok(found.map(|entry| Needless { path: self.copies.join(&entry.name), size_bytes: entry.size }).collect())
    }

    /// Takes the lake for one writer.
    ///
    /// # Errors
    /// Temporary (exit 75) while another holds it, naming it; usage (exit 2) where the store does not keep what it promises.
    pub fn take(&self, holder: Holder) -> Result<()> {
        let tried = self.copies.join(TRIED);
        if !tried.is_file() {
            self.store.wait(probe::probe(&self.store))?;
            write(&self.copies, TRIED, &self.store.address_of(""))?;
        }
        let lease = self.store.wait(Lease::take(&self.store, holder, self.lease_time))?;
        *lock(&self.lease) = Some(Arc::new(lease));
        Ok(())
    }

    /// Gives the lake back.
    pub fn give_back(&self) {
        let lease = lock(&self.lease).take();
        if let Some(lease) = lease {
            self.store.wait(lease.give_back());
        }
    }

    /// Asks for the lake to be held still.
    async fn fence(&self) -> Result<()> {
        let lease = lock(&self.lease).clone();
        match lease {
            Some(lease) => lease.require().await,
            None => Err(Error::failed("a lake was written to that nobody holds")),
        }
    }

    /// Removes the copies that were not asked for longest, where they are more than was said.
    fn make_room(&self) -> Result<()> {
        let mut found = Vec::new();
        for schema in super::folders(&self.copies)? {
            if !schema.file_name().is_some_and(|name| name.to_string_lossy().starts_with('_')) {
                data_files(&schema, &mut found);
            }
        }
        let mut bytes: u64 = found.iter().map(|(_, size, _)| size).sum();
        found.sort_unstable();
        let now = SystemTime::now();
        for (used, size, path) in found {
            let is_in_use = now.duration_since(used).is_ok_and(|since| since < IN_USE);
            if bytes <= self.most_bytes || is_in_use {
                break;
            }
            remove_file(&path)?;
            bytes -= size;
        }
        Ok(())
    }
}

/// Held while the copies of logs are changed.
const GUARD: &str = "_copying";

/// The data files in a folder and below it: when each was last asked for, its size and its path.
fn data_files(folder: &Path, found: &mut Vec<(SystemTime, u64, PathBuf)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        match metadata.is_dir() {
            true if path.ends_with("_delta_log") => {}
            true => data_files(&path, found),
            false => found.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path)),
        }
    }
}

/// A file of the lake that is not there as it was written.
fn lost(message: &str) -> Error {
    Error::damaged(message.to_owned())
        .hint("restore the object from a version the store keeps of it, or rebuild the lake with `etl run --stage all` at another prefix")
}
