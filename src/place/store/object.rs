//! One object, as it was when it was listed: what was written under its name since is not read for it.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryFutureExt};
use object_store::path::Path;
use object_store::{GetOptions, OBJECT_STORE_COALESCE_DEFAULT, ObjectMeta, coalesce_ranges};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Store;
use crate::error::{Error, Result};

/// Bytes asked for at once.
pub(super) const CHUNK: u64 = 4 << 20;

/// Chunks of a stream that are asked for ahead of the one that is read.
const AHEAD: usize = 6;

/// An object of a store.
#[derive(Clone)]
pub struct Object {
    of: Arc<Listed>,
}

struct Listed {
    store: Arc<Store>,
    path: Path,
    /// From the prefix on.
    name: String,
    size: u64,
    modified_at: i64,
    etag: Option<String>,
    /// Why it could not be read, as what reads it passes on the words alone.
    failure: Mutex<Option<Error>>,
}

impl Object {
    pub(super) fn new(store: Arc<Store>, name: String, meta: ObjectMeta) -> Self {
        let modified_at = meta.last_modified.timestamp_micros();
        let of = Listed {
            store,
            path: meta.location,
            name,
            size: meta.size,
            modified_at,
            etag: meta.e_tag,
            failure: Mutex::default(),
        };
        Self { of: Arc::new(of) }
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.of.size
    }

    /// When it was written: microseconds since the epoch.
    pub fn modified_at(&self) -> i64 {
        self.of.modified_at
    }

    /// What tells its content from another: the store's own mark of it, else size and time.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.of.etag.as_deref(), self.of.size, self.of.modified_at)
    }

    /// Why it could not be read; none where it could, or nobody tried.
    pub fn failure(&self) -> Option<Error> {
        self.of.failure.lock().ok()?.clone()
    }

    /// Some of its bytes.
    ///
    /// # Errors
    /// As [`Store::list`]; temporary (75) where it was written anew since it was listed.
    pub fn bytes(&self, range: Range<u64>) -> Result<Bytes> {
        let end = range.end.min(self.of.size);
        if range.start >= end {
            return Ok(Bytes::new());
        }
        self.of.store.wait(self.get(range.start..end)).map_err(|error| self.failed(&error))
    }

    /// All of its bytes from the first on, asked for ahead of being read, from now on.
    pub fn stream(&self) -> Stream {
        let (send, receive) = mpsc::channel(1);
        let object = self.clone();
        let task = self.of.store.runtime.spawn(async move {
            let size = object.of.size;
            let ranges = (0..size).step_by(CHUNK as usize).map(|start| start..(start + CHUNK).min(size));
            let mut chunks = futures::stream::iter(ranges).map(|range| object.get(range)).buffered(AHEAD);
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error| object.failed(&error));
                let is_last = chunk.is_err();
                if send.send(chunk).await.is_err() || is_last {
                    break;
                }
            }
        });
        Stream { object: self.clone(), chunks: receive, chunk: Bytes::new(), task }
    }

    /// What a Parquet file says of itself.
    ///
    /// # Errors
    /// When it is no Parquet file or cannot be read; then [`Self::failure`] knows why.
    pub fn parquet_metadata(&self) -> parquet::errors::Result<Arc<ParquetMetaData>> {
        self.wait(self.clone().get_metadata(None))
    }

    /// Waits for what is made of it.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.of.store.wait(future)
    }

    async fn get(&self, range: Range<u64>) -> object_store::Result<Bytes> {
        let options = GetOptions { if_match: self.of.etag.clone(), range: Some(range.into()), ..GetOptions::default() };
        self.of.store.objects.get_opts(&self.of.path, options).await?.bytes().await
    }

    fn failed(&self, error: &object_store::Error) -> Error {
        let error = match error {
            object_store::Error::NotFound { .. } => Error::temporary(format!("{self} is no longer there"))
                .hint("it was listed a moment ago: run again; nothing of it was taken"),
            other => self.of.store.failed("read", &self.to_string(), other),
        };
        if let Ok(mut failure) = self.of.failure.lock() {
            failure.get_or_insert_with(|| error.clone());
        }
        error
    }
}

/// What tells an object's content from another.
pub(super) fn fingerprint(etag: Option<&str>, size: u64, modified_at: i64) -> String {
    match etag {
        Some(etag) => format!("etag {etag}"),
        None => format!("{size} bytes of {modified_at}"),
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.of.store.url.as_str().trim_end_matches('/'), self.of.name)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string() && self.fingerprint() == other.fingerprint()
    }
}

impl Eq for Object {}

impl AsyncFileReader for Object {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.get(range).map_err(|error| ParquetError::External(Box::new(self.failed(&error)))).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move {
            let got = coalesce_ranges(&ranges, |range| self.get(range), OBJECT_STORE_COALESCE_DEFAULT).await;
            got.map_err(|error: object_store::Error| ParquetError::External(Box::new(self.failed(&error))))
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.of.size;
            let reader = ParquetMetaDataReader::new().with_prefetch_hint(Some(64 << 10));
            reader.load_and_finish(self, size).await.map(Arc::new)
        }
        .boxed()
    }
}

/// The bytes of an object, front to back.
pub struct Stream {
    object: Object,
    chunks: mpsc::Receiver<Result<Bytes>>,
    chunk: Bytes,
    task: JoinHandle<()>,
}

impl Stream {
    /// How many bytes of it may be here before they are read.
    pub fn most_ahead(&self) -> u64 {
        self.object.size().min((AHEAD as u64 + 1) * CHUNK)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.object.of.store.wait(self.chunks.recv()) {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(io::Error::other)?,
            }
        }
        let size = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..size]);
        Ok(size)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
