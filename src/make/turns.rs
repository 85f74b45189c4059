//! Turns at running queries: as many at once as there are threads. One that finds too little memory beside others runs again
//! alone, in one part; if that is too little still, once more with joins that go through temporary files.

use std::sync::Arc;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tokio::sync::Semaphore;
use tracing::debug;

use crate::engine::{Engine, plain};
use crate::error::{Error, Result};

/// The turns of a session's queries.
pub struct Turns {
    free: Semaphore,
    threads: u32,
}

impl Turns {
    /// As many as a session has threads.
    pub fn of(engine: &Engine) -> Arc<Self> {
        let threads = u32::try_from(engine.threads()).unwrap_or(u32::MAX);
        Arc::new(Self { free: Semaphore::new(threads as usize), threads })
    }

    /// Runs what a query is for, when it is its turn; `what` it is of, for messages.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn take<T, F>(&self, engine: &Engine, what: &str, work: impl Fn(Engine) -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, Fault>>,
    {
        let closed = |_| Error::failed("the queue of queries was closed");
        let turn = self.free.acquire().await.map_err(closed)?;
        let done = match work(engine.clone()).await {
            Err(Fault::Memory(error)) if self.threads > 1 => {
                debug!("{what} runs again, alone and in one part: {}", plain(&error));
                drop(turn);
                let _alone = self.free.acquire_many(self.threads).await.map_err(closed)?;
                alone(engine, what, &work).await
            }
            Err(Fault::Memory(_)) => work(engine.with_merged_joins()).await,
            done => done,
        };
        done.map_err(|fault| fault.told(engine, what))
    }
}

/// Runs what a query is for, nothing else running.
async fn alone<T, F>(engine: &Engine, what: &str, work: impl Fn(Engine) -> F) -> std::result::Result<T, Fault>
where
    F: Future<Output = std::result::Result<T, Fault>>,
{
    match work(engine.in_one_part()).await {
        Err(Fault::Memory(error)) => {
            debug!("{what} runs again, its joins through temporary files: {}", plain(&error));
            work(engine.with_merged_joins()).await
        }
        done => done,
    }
}

/// Why a query gave no rows.
pub enum Fault {
    /// It found too little memory.
    Memory(DataFusionError),
    /// The engine's own.
    Query(DataFusionError),
    /// Already told.
    Told(Error),
}

impl Fault {
    /// What is told of it.
    pub fn told(self, engine: &Engine, what: &str) -> Error {
        match self {
            Self::Memory(error) | Self::Query(error) => engine.query_failed(&format!("{what}: the query"), &error),
            Self::Told(error) => error,
        }
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
            return Self::Memory(error);
        }
        Self::Query(error)
    }
}

impl From<ArrowError> for Fault {
    fn from(error: ArrowError) -> Self {
        Self::Query(error.into())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}
