//! The memory of a session's queries, shared fairly between what can go on through temporary files.
//!
//! The operator that spreads rows over partitions is never refused: refused, it writes rows to files of which it reads the oldest alone, and
//! where two are open the reader can wait for ever for a row that stands in the other (apache/datafusion issue 24883, as of
//! DataFusion 55.2). What it holds is counted all the same, so that others go to their files sooner.

use std::fmt;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// How the operator's consumers are named.
const SPREADING: &str = "RepartitionExec";

/// The pool.
#[derive(Debug)]
pub struct Pool(FairSpillPool);

impl Pool {
    /// Of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(FairSpillPool::new(bytes))
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.0.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.0.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.0.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.0.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if reservation.consumer().name().starts_with(SPREADING) {
            self.0.grow(reservation, additional);
            return Ok(());
        }
        self.0.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.0.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.0.memory_limit()
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    /// With the library's own pool one of a few such queries stands still.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn queries_in_several_parts_that_find_too_little_memory_end() {
        let pool = Arc::new(Pool::new(2 << 20));
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().unwrap();
        let config = SessionConfig::new().with_target_partitions(2).with_batch_size(64);
        let context = SessionContext::new_with_config_rt(config, runtime);
        let words = "select value % 11 as part, count(distinct md5(cast(value % 331 as varchar))) as texts \
                     from generate_series(1, 40000) as series(value) group by value % 11";
        for _ in 0..12 {
            let query = async { context.sql(words).await.unwrap().collect().await };
            // That it finds too little is an answer, too.
            let _answer = tokio::time::timeout(Duration::from_mins(1), query).await.expect("it stands still");
        }
    }
}
