//! The files of a table's new rows, written by several workers.

use std::collections::BTreeSet;
use std::sync::Mutex;

use arrow::array::{AsArray, RecordBatch};

use super::partitions::Partitions;
use crate::error::Result;
use crate::place::lake::DataFile;
use crate::threads::{join, lock, unlock};

/// One set of open files for each worker.
pub struct Writers {
    workers: Vec<Mutex<Partitions>>,
    environments: Mutex<Vec<BTreeSet<String>>>,
}

impl Writers {
    /// Of these open files, for rows of so many deliveries.
    pub fn new(workers: impl Iterator<Item = Partitions>, deliveries: usize) -> Self {
        Self { workers: workers.map(Mutex::new).collect(), environments: Mutex::new(vec![BTreeSet::new(); deliveries]) }
    }

    /// Writes rows of a delivery.
    ///
    /// # Errors
    /// Failed when a file cannot be written.
    pub fn write(&self, worker: usize, delivery: usize, rows: &RecordBatch) -> Result<()> {
        let named = environments_of(rows);
        if !named.is_empty() {
            lock(&self.environments)[delivery].extend(named);
        }
        lock(&self.workers[worker]).write(rows)
    }

    /// Ends all files, durable when it returns: they, and the environments that the rows of each delivery name.
    ///
    /// # Errors
    /// Failed when one cannot be written.
    pub fn finish(self) -> Result<(Vec<DataFile>, Vec<BTreeSet<String>>)> {
        let files = std::thread::scope(|scope| {
            let end = |worker| scope.spawn(move || unlock::<Partitions>(worker).finish());
            let workers: Vec<_> = self.workers.into_iter().map(end).collect();
            workers.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?;
        Ok((files.into_iter().flatten().collect(), unlock(self.environments)))
    }
}

/// The environments that rows name.
fn environments_of(batch: &RecordBatch) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(column) = batch.column_by_name("environment_type") {
        let mut last = "";
        for name in column.as_string::<i32>().iter().flatten().filter(|name| !name.is_empty()) {
            if name != last {
                names.insert(name.to_owned());
                last = name;
            }
        }
    }
    names
}
