//! What is written below a prefix that is ours: objects whole, created where none is, or exchanged for the one that was read.
//!
//! A store may do what it was asked and its answer be lost, or say that it failed. So after whatever goes wrong with a write on a
//! condition the object is read back: what stands there says what became of it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path as FilePath;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Error as StoreError, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutPayload, UpdateVersion,
    WriteMultipart,
};

use super::object::fingerprint;
use super::{CHUNK, Store};
use crate::error::{Error, ErrorKind, Result};

/// Files of more bytes than this are sent in parts.
const WHOLE: u64 = 16 << 20;

/// Parts of one file that are sent at once.
const PARTS: usize = 4;

/// How often a write on a condition is tried of which nothing came.
const TRIES: usize = 3;

/// What tells what stands under a name from what stood there before, or will.
#[derive(Debug, Clone)]
pub struct Mark(UpdateVersion);

/// An object that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From the prefix on.
    pub name: String,
    /// Its size.
    pub size: u64,
    /// What tells its content from another: as [`super::Object::fingerprint`].
    pub mark: String,
}

/// Sends a file in parts; fails as the store did, or as reading the file.
async fn send_parts(
    parts: &mut WriteMultipart,
    file: &FilePath,
) -> std::result::Result<(), std::result::Result<StoreError, std::io::Error>> {
    let mut from = File::open(file).map_err(Err)?;
    let mut buffer = vec![0; CHUNK as usize];
    loop {
        let read = from.read(&mut buffer).map_err(Err)?;
        if read == 0 {
            return Ok(());
        }
        parts.wait_for_capacity(PARTS).await.map_err(Ok)?;
        parts.write(&buffer[..read]);
    }
}

impl Store {
    /// The address of an object.
    pub fn address_of(&self, name: &str) -> String {
        format!("{}/{name}", self.url.as_str().trim_end_matches('/'))
    }

    pub(in crate::place) fn path_of(&self, name: &str) -> Path {
        name.split('/').filter(|part| !part.is_empty()).fold(self.prefix.clone(), |path, part| path.join(part))
    }

    fn failed_at(&self, verb: &str, name: &str, error: &StoreError) -> Error {
        let failure = self.failed(verb, &self.address_of(name), error);
        match failure.kind() {
            ErrorKind::Auth if verb != "read" => Error::auth(failure.to_string()).hint(
                "the credentials need the right to list the bucket, and to read, write and remove objects below the prefix; docs/sources.md, \
                 \"A lake in a bucket\", has the least that suffices",
            ),
            _ => failure,
        }
    }

    /// An object's bytes and mark; none where it is not there.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn get(&self, name: &str) -> Result<Option<(Bytes, Mark)>> {
        let Some(found) = self.found(name).await? else { return Ok(None) };
        let mark = Mark(UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() });
        let bytes = found.bytes().await.map_err(|error| self.failed_at("read", name, &error))?;
        Ok(Some((bytes, mark)))
    }

    /// An object whose bytes are still to be read; none where it is not there.
    async fn found(&self, name: &str) -> Result<Option<GetResult>> {
        match self.objects.get(&self.path_of(name)).await {
            Err(StoreError::NotFound { .. }) => Ok(None),
            found => found.map(Some).map_err(|error| self.failed_at("read", name, &error)),
        }
    }

    /// As `options` say, for readers that know an object store as such; the path of what is found is the store's own.
    ///
    /// # Errors
    /// The store's own.
    pub async fn get_as_asked(&self, name: &str, options: GetOptions) -> object_store::Result<GetResult> {
        self.objects.get_opts(&self.path_of(name), options).await
    }

    /// Writes an object, whatever stood there.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        let written = self.objects.put(&self.path_of(name), PutPayload::from(bytes)).await;
        written.map(drop).map_err(|error| self.failed_at("write", name, &error))
    }

    /// Writes an object where none stands, and says whether it did. Of two who do it at once with different bytes, one did.
    ///
    /// # Errors
    /// As [`Store::list`]; temporary (75) also where it is not known what became of it.
    pub async fn create(&self, name: &str, bytes: Bytes) -> Result<bool> {
        self.write_if(name, bytes, PutMode::Create).await.map(|mark| mark.is_some())
    }

    /// Writes an object where what stands there is still what was read, and returns the new mark; none where it is not.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn exchange(&self, name: &str, bytes: Bytes, before: &Mark) -> Result<Option<Mark>> {
        self.write_if(name, bytes, PutMode::Update(before.0.clone())).await
    }

    async fn write_if(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<Option<Mark>> {
        let mut failure = None;
        for _ in 0..TRIES {
            let payload = PutPayload::from(bytes.clone());
            let error = match self.objects.put_opts(&self.path_of(name), payload, mode.clone().into()).await {
                Ok(written) => return Ok(Some(Mark(written.into()))),
                Err(error) => error,
            };
            let is_refused = matches!(error, StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. });
            if is_refused {
                return Err(self.failed_at("write", name, &error));
            }
            match (self.get(name).await?, &mode) {
                (Some((found, mark)), _) if found == bytes => return Ok(Some(mark)),
                // What was to be exchanged stands there still, and nobody took it: the write itself came to nothing.
                (Some((_, Mark(found))), PutMode::Update(before)) if found.e_tag == before.e_tag => {}
                (Some(_), _) | (None, PutMode::Update(_)) => return Ok(None),
                (None, _) => {}
            }
            failure = Some(error);
        }
        let said = failure.map(|error| self.failed_at("write", name, &error).to_string()).unwrap_or_default();
        Err(Error::temporary(format!("{said}; it is not there, and may come to be"))
            .hint("run again: what was written by then is found by the next run"))
    }

    /// Writes a file of this machine as an object, whatever stood there.
    ///
    /// # Errors
    /// As [`Store::list`]; failed where the file cannot be read.
    pub async fn upload(&self, name: &str, file: &FilePath) -> Result<()> {
        let size = fs::metadata(file).map_err(|source| Error::io("read", file, source))?.len();
        if size <= WHOLE {
            return self.put(name, fs::read(file).map_err(|source| Error::io("read", file, source))?.into()).await;
        }
        let failed = |error| self.failed_at("write", name, &error);
        let parts = self.objects.put_multipart(&self.path_of(name)).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(parts, CHUNK as usize * 2);
        let sent = send_parts(&mut parts, file).await;
        match sent {
            Ok(()) => parts.finish().await.map(drop).map_err(failed),
            Err(fault) => {
                // Parts that are never put together are paid for. What cannot be removed is the bucket's own rule to clear.
                let _ = parts.abort().await;
                Err(fault.map_or_else(|source| Error::io("read", file, source), failed))
            }
        }
    }

    /// Writes an object to a file of this machine, which is durable when this returns; `false` where no object is there.
    ///
    /// # Errors
    /// As [`Store::list`]; failed where the file cannot be written.
    pub async fn download(&self, name: &str, file: &FilePath) -> Result<bool> {
        let io = |source| Error::io("write", file, source);
        let Some(found) = self.found(name).await? else { return Ok(false) };
        let mut to = File::create(file).map_err(io)?;
        self.see_all(name, found, |chunk| to.write_all(chunk).map_err(io)).await?;
        to.sync_all().map_err(io)?;
        Ok(true)
    }

    /// The bytes of an object, front to back; `false` where it is not there.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn read_through(&self, name: &str, mut see: impl FnMut(&[u8])) -> Result<bool> {
        let Some(found) = self.found(name).await? else { return Ok(false) };
        let seen = self.see_all(name, found, |chunk| {
            see(chunk);
            Ok(())
        });
        seen.await.map(|()| true)
    }

    async fn see_all(&self, name: &str, found: GetResult, mut see: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut chunks = found.into_stream();
        while let Some(chunk) = chunks.next().await {
            see(&chunk.map_err(|error| self.failed_at("read", name, &error))?)?;
        }
        Ok(())
    }

    /// Removes an object; one that is not there is removed.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn remove(&self, name: &str) -> Result<()> {
        match self.objects.delete(&self.path_of(name)).await {
            Err(StoreError::NotFound { .. }) => Ok(()),
            done => done.map_err(|error| self.failed_at("remove", name, &error)),
        }
    }

    /// The names right below a folder that more stands below.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn folders(&self, folder: &str) -> Result<Vec<String>> {
        let path = self.path_of(folder);
        let failed = |error| self.failed_at("list", folder, &error);
        let level = self.objects.list_with_delimiter(Some(&path)).await.map_err(failed)?;
        let names = level.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned));
        Ok(names.collect())
    }

    /// All objects below a folder, in the order of their names.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn entries(&self, folder: &str) -> Result<Vec<Entry>> {
        let path = self.path_of(folder);
        let listed = self.objects.list(Some(&path)).map_ok(|meta| {
            let mark = fingerprint(meta.e_tag.as_deref(), meta.size, meta.last_modified.timestamp_micros());
            Some(Entry { name: self.name_of(&meta.location)?, size: meta.size, mark })
        });
        let listed = listed.try_collect::<Vec<_>>().await.map_err(|error| self.failed_at("list", folder, &error))?;
        let mut entries: Vec<_> = listed.into_iter().flatten().collect();
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }
}
