//! The log of a table at a store, as delta-rs writes it: what it reads is the copy, what it commits goes to the store.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use deltalake::DeltaResult;
use deltalake::kernel::Version;
use deltalake::kernel::transaction::TransactionError;
use deltalake::logstore::{CommitOrBytes, LogStore, LogStoreConfig, LogStoreRef};
use object_store::ObjectStore;
use uuid::Uuid;

use super::Remote;
use crate::error::Error;

/// A log whose entries are committed at a store.
pub struct CommittingLog {
    /// The log as it was copied.
    pub copy: LogStoreRef,
    /// The store.
    pub remote: Arc<Remote>,
    /// The table's folder, from the lake's prefix on.
    pub table: String,
}

#[async_trait]
impl LogStore for CommittingLog {
    fn name(&self) -> String {
        // By it delta-rs knows that entries are to be committed as bytes, on a condition.
        self.copy.name()
    }

    async fn read_commit_entry(&self, version: Version) -> DeltaResult<Option<Bytes>> {
        self.copy.read_commit_entry(version).await
    }

    async fn write_commit_entry(
        &self,
        version: Version,
        entry: CommitOrBytes,
        _: Uuid,
    ) -> Result<(), TransactionError> {
        let name = format!("{}/_delta_log/{version:020}.json", self.table);
        let committed = match entry {
            CommitOrBytes::LogBytes(bytes) => self.remote.commit(&name, bytes).await,
            CommitOrBytes::TmpCommit(path) => Err(Error::failed(format!("{path}: entries are committed as bytes"))),
        };
        let failure = match committed {
            Ok(true) => return Ok(()),
            Ok(false) => Error::temporary(format!(
                "{} was committed by another run meanwhile",
                self.remote.store().address_of(&name)
            ))
            .hint("run again; nothing of this run is visible"),
            Err(error) => error,
        };
        Err(TransactionError::LogStoreError { msg: failure.to_string(), source: Box::new(failure) })
    }

    async fn abort_commit_entry(&self, _: Version, _: CommitOrBytes, _: Uuid) -> Result<(), TransactionError> {
        Ok(())
    }

    async fn get_latest_version(&self, start: Version) -> DeltaResult<Version> {
        self.copy.get_latest_version(start).await
    }

    fn object_store(&self, operation: Option<Uuid>) -> Arc<dyn ObjectStore> {
        self.copy.object_store(operation)
    }

    fn root_object_store(&self, operation: Option<Uuid>) -> Arc<dyn ObjectStore> {
        self.copy.root_object_store(operation)
    }

    fn config(&self) -> &LogStoreConfig {
        self.copy.config()
    }
}
