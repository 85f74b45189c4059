//! Sets of artifacts at an object store: each in a prefix of its own, and one small object that says which is the newest. It is
//! replaced last, in one step: who reads it first and then what it names never sees files of two sets.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::fingerprint;
use crate::place::store::{Mark, Store};
use crate::settings::Place;

/// The object that names the newest set.
const LATEST: &str = "latest.json";

/// Files sent or fetched at once.
const AT_ONCE: usize = 8;

/// What the newest set is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The run that published it.
    pub run_id: String,
    /// Where its files are, from the place of this object on.
    pub prefix: String,
    /// Its files by name.
    pub files: BTreeMap<String, Content>,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its size.
    pub size_bytes: u64,
    /// XXH3-128 of its bytes, hexadecimal.
    pub xxh3_128: String,
}

/// Makes the copy of a place the newest set that is there, whatever it was; nothing to do of a folder.
///
/// # Errors
/// As the store's own; failed where the copy cannot be written; damaged (exit 5) where the set is not whole.
pub fn bring(place: &Place) -> Result<()> {
    let Some(of) = &place.store else { return Ok(()) };
    let store = Store::open(of)?;
    store.wait(async {
        let found = latest(&store).await?;
        let files = found.as_ref().map(|(latest, _)| &latest.files);
        let (prefix, none) =
            (found.as_ref().map(|(latest, _)| latest.prefix.as_str()).unwrap_or_default(), BTreeMap::new());
        let here = contents(&place.folder)?;
        let files = files.unwrap_or(&none);
        for name in here.keys().filter(|name| !files.contains_key(*name)) {
            let path = place.folder.join(name);
            fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
        }
        if !files.is_empty() {
            fs::create_dir_all(&place.folder).map_err(|source| Error::io("create", &place.folder, source))?;
        }
        let absent = files.iter().filter(|(name, content)| here.get(*name) != Some(*content));
        futures::stream::iter(absent)
            .map(async |(name, content)| fetch(&store, prefix, name, content, &place.folder).await)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .map(drop)
    })
}

async fn fetch(store: &Store, prefix: &str, name: &str, content: &Content, folder: &Path) -> Result<()> {
    let (from, path) = (format!("{prefix}/{name}"), folder.join(name));
    let is_there = store.download(&from, &path).await?;
    if is_there && content_of(&path)? == *content {
        return Ok(());
    }
    let _ = fs::remove_file(&path);
    Err(Error::damaged(format!("{} is not what {} says of it", store.address_of(&from), store.address_of(LATEST)))
        .hint("restore the object, or remove latest.json beside it and run again: the set is made anew from the lake"))
}

/// Publishes the copy of a place as the newest set; nothing to do of a folder, nor where it is the newest already.
///
/// # Errors
/// As the store's own; temporary (exit 75) where another set was published meanwhile.
pub fn publish(place: &Place, run_id: &str) -> Result<()> {
    let Some(of) = &place.store else { return Ok(()) };
    let store = Store::open(of)?;
    store.wait(async {
        let before = latest(&store).await?;
        let files = contents(&place.folder)?;
        if before.as_ref().is_some_and(|(before, _)| before.files == files) {
            return Ok(());
        }
        let next = Latest { run_id: run_id.to_owned(), prefix: format!("runs/{run_id}"), files };
        futures::stream::iter(next.files.keys())
            .map(async |name| store.upload(&format!("{}/{name}", next.prefix), &place.folder.join(name)).await)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        let mut text = serde_json::to_vec_pretty(&next).map_err(|error| Error::failed(format!("{LATEST}: {error}")))?;
        text.push(b'\n');
        let is_done = match &before {
            None => store.create(LATEST, Bytes::from(text)).await?,
            Some((_, mark)) => store.exchange(LATEST, Bytes::from(text), mark).await?.is_some(),
        };
        match is_done {
            true => Ok(()),
            false => Err(Error::temporary(format!("{} was replaced by another run", store.address_of(LATEST)))
                .hint("run again: the artifacts are made from what the lake holds then")),
        }
    })
}

/// The names of the sets that stand side by side in a place, each in a folder of its own.
///
/// # Errors
/// As the store's own; none of a folder.
pub fn names(place: &Place) -> Result<Vec<String>> {
    if let Some(of) = &place.store {
        let store = Store::open(of)?;
        return store.wait(store.folders(""));
    }
    let entries = fs::read_dir(&place.folder).into_iter().flatten().flatten();
    Ok(entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// Gives a set another name; `false` where there is none.
///
/// # Errors
/// As the store's own; failed where the folder cannot be renamed.
pub fn rename(from: &Place, to: &Place, run_id: &str) -> Result<bool> {
    bring(from)?;
    if !from.folder.exists() {
        return Ok(false);
    }
    fs::rename(&from.folder, &to.folder).map_err(|source| Error::io("set aside", &from.folder, source))?;
    publish(to, run_id)?;
    if let Some(of) = &from.store {
        let store = Store::open(of)?;
        store.wait(store.remove(LATEST))?;
    }
    Ok(true)
}

/// A file of a set that is not the newest.
#[derive(Debug)]
pub struct Outdated {
    place: Place,
    name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// The files of sets that were published before this instant, microseconds since the epoch, and are not the newest; none of a folder,
/// which holds one set.
///
/// # Errors
/// As the store's own.
pub fn outdated(place: &Place, before: i64) -> Result<Vec<Outdated>> {
    let Some(of) = &place.store else { return Ok(Vec::new()) };
    let store = Store::open(of)?;
    let (newest, entries) =
        store.wait(async { Ok::<_, Error>((latest(&store).await?, store.entries("runs").await?)) })?;
    let newest = newest.map(|(latest, _)| format!("{}/", latest.prefix)).unwrap_or_default();
    let is_outdated = |name: &str| {
        // A run's id tells when it began.
        let run = name.split('/').nth(1).and_then(|run| Uuid::try_parse(run).ok());
        let began = run.and_then(|run| run.get_timestamp()).map(|time| time.to_unix());
        !name.starts_with(&newest) && began.is_some_and(|(seconds, _)| (seconds as i64) < before / 1_000_000)
    };
    let found = entries.into_iter().filter(|entry| is_outdated(&entry.name));
    Ok(found.map(|entry| Outdated { place: place.clone(), name: entry.name, size_bytes: entry.size }).collect())
}

impl Outdated {
    /// Removes it.
    ///
    /// # Errors
    /// As the store's own.
    pub fn remove(&self) -> Result<()> {
        let Some(of) = &self.place.store else { return Ok(()) };
        let store = Store::open(of)?;
        store.wait(store.remove(&self.name))
    }
}

async fn latest(store: &Store) -> Result<Option<(Latest, Mark)>> {
    let Some((bytes, mark)) = store.get(LATEST).await? else { return Ok(None) };
    let latest = serde_json::from_slice(&bytes).map_err(|error| {
        Error::damaged(format!("{} cannot be read: {error}", store.address_of(LATEST)))
            .hint("restore it, or remove it and run again: the set is made anew from the lake")
    })?;
    Ok(Some((latest, mark)))
}

/// The files of a set in a folder of this machine; those of none where it is not there.
fn contents(folder: &Path) -> Result<BTreeMap<String, Content>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.map_err(|source| Error::io("list", folder, source))?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            found.insert(name.to_string_lossy().into_owned(), content_of(&path)?);
        }
    }
    Ok(found)
}

fn content_of(path: &Path) -> Result<Content> {
    let failed = |source| Error::io("read", path, source);
    let size_bytes = fs::metadata(path).map_err(failed)?.len();
    let xxh3_128 = fs::File::open(path).and_then(fingerprint::of_reader).map_err(failed)?;
    Ok(Content { size_bytes, xxh3_128 })
}
