//! The files of a lake at a store, as DataFusion reads files of this machine: the copy where one is here; else a small file is
//! copied first, and of a large one come the ranges that are asked for.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::Remote;

/// Larger files are read by ranges.
const LARGE: u64 = 8 << 20;

/// The files of this machine, and among them copies that need not be here yet.
#[derive(Debug)]
pub struct CopiedFiles {
    here: LocalFileSystem,
    remote: Arc<Remote>,
}

impl CopiedFiles {
    /// Of a lake.
    pub fn of(remote: Arc<Remote>) -> Self {
        Self { here: LocalFileSystem::new(), remote }
    }

    /// The name and size of a file whose copy is not here, and is not to be.
    async fn away(&self, location: &Path) -> Result<Option<(String, u64)>> {
        let path = self.here.path_to_filesystem(location)?;
        let Some(name) = self.remote.name_of(&path).filter(|_| !path.exists()) else { return Ok(None) };
        let Some(size) = self.remote.size_of(&name) else { return Ok(None) };
        if size > LARGE {
            return Ok(Some((name, size)));
        }
        let brought = self.remote.bring_one(&name, size).await;
        brought.map_err(|error| Error::Generic { store: "lake", source: Box::new(error) })?;
        Ok(None)
    }
}

impl fmt::Display for CopiedFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "copies of {}", self.remote.store().address_of(""))
    }
}

#[async_trait]
impl ObjectStore for CopiedFiles {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let Some((name, size)) = self.away(location).await? else {
            return self.here.get_opts(location, options).await;
        };
        let meta = ObjectMeta {
            location: location.clone(),
            // A file is never written anew.
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size,
            e_tag: None,
            version: None,
        };
        if options.head {
            let payload = GetResultPayload::Stream(Box::pin(futures::stream::empty()));
            return Ok(GetResult { payload, meta, range: 0..0, attributes: Default::default() });
        }
        let found = self.remote.store().get_as_asked(&name, options).await?;
        Ok(GetResult { meta, ..found })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if self.away(location).await?.is_none() {
            return self.here.get_ranges(location, ranges).await;
        }
        let range = |range: Range<u64>| async {
            let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
            self.get_opts(location, options).await?.bytes().await
        };
        object_store::coalesce_ranges(ranges, range, object_store::OBJECT_STORE_COALESCE_DEFAULT).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.here.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.here.list_with_delimiter(prefix).await
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.here.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.here.put_multipart_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.here.delete_stream(locations)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.here.copy_opts(from, to, options).await
    }
}
