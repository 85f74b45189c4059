//! The right to write to a lake at a store, held for a time: an object that says who holds it and until when.
//!
//! Its holder writes it anew before the time is over. Who finds the time over, and as long again (clocks differ), takes the lease
//! over by writing it on the condition that it is still what was read; the former holder, should it come back, finds it gone
//! before its next commit.

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use crate::error::{Error, Result};
use crate::place::store::{Mark, Store};
use crate::threads::lock;

const NAME: &str = "_lease.json";

/// Who writes to a lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run_id: String,
    /// The process on its machine.
    pub process: u32,
    /// The machine.
    pub host: String,
    /// When it began: RFC 3339, UTC.
    pub since: String,
}

impl Holder {
    /// This process.
    pub fn of(run_id: &str) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
        Self {
            run_id: run_id.to_owned(),
            process: std::process::id(),
            host: host.map_or_else(|| "an unnamed machine".to_owned(), |host| host.trim().to_owned()),
            since: crate::value::timestamp::text(micros(SystemTime::now())),
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { run_id, process, host, since } = self;
        write!(formatter, "run {run_id}, process {process} on {host} since {since}")
    }
}

/// What stands at the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    holder: Holder,
    /// Grows with each holder.
    epoch: u64,
    /// Until when it is held; microseconds since the epoch, nothing where it was given back.
    until: Option<i64>,
    /// How often it was written by its holder: two writings are never the same bytes.
    writings: u64,
}

/// The lease, held until it is given back.
#[derive(Debug)]
pub struct Lease {
    held: Arc<Held>,
    renewing: JoinHandle<()>,
}

#[derive(Debug)]
struct Held {
    store: Store,
    time: Duration,
    state: tokio::sync::Mutex<State>,
    /// Until when it is known to be held: by the clock that does not jump, and by the one that goes on while a machine sleeps.
    known: Mutex<(Instant, SystemTime)>,
}

#[derive(Debug)]
struct State {
    written: Written,
    mark: Mark,
    is_lost: bool,
}

impl Lease {
    /// Takes it, where nobody holds it.
    ///
    /// # Errors
    /// Temporary (exit 75) while another does, naming it; else as the store's own.
    pub async fn take(store: &Store, holder: Holder, time: Duration) -> Result<Self> {
        let _taking = TAKING.lock().await;
        loop {
            let asked = (Instant::now(), SystemTime::now());
            let found = store.get(NAME).await?;
            let before: Option<Written> = match &found {
                None => None,
                Some((bytes, _)) => Some(serde_json::from_slice(bytes).map_err(|error| {
                    Error::damaged(format!("{} cannot be read: {error}", store.address_of(NAME)))
                        .hint("if no run is under way, remove it")
                })?),
            };
            if let Some(Written { holder: other, until: Some(until), .. }) = &before {
                let free = until + duration_micros(time);
                let now = micros(SystemTime::now());
                if now < free {
                    let seconds = (free - now) as u64 / 1_000_000 + 1;
                    return Err(Error::temporary(format!(
                        "the lake {} is being written by another run: {other}",
                        store.address_of("")
                    ))
                    .hint(format!(
                        "wait for it to end, with `--wait-lock 10m`, and run again; nothing was changed. If it was killed, it \
                         stands in nobody's way in {seconds} s"
                    )));
                }
                warn!("{other} did not give the lake back: it is taken over");
            }
            let written = Written {
                holder: holder.clone(),
                epoch: before.as_ref().map_or(1, |before| before.epoch + 1),
                until: Some(micros(asked.1 + time)),
                writings: 1,
            };
            let mark = match &found {
                Some((_, mark)) => store.exchange(NAME, bytes(&written)?, mark).await?,
                None if store.create(NAME, bytes(&written)?).await? => store.get(NAME).await?.map(|(_, mark)| mark),
                None => None,
            };
            // Another was faster: who it is stands there now.
            let Some(mark) = mark else { continue };
            let held = Arc::new(Held {
                store: store.clone(),
                time,
                state: tokio::sync::Mutex::new(State { written, mark, is_lost: false }),
                known: Mutex::new((asked.0 + time, asked.1 + time)),
            });
            all_held().push(Arc::downgrade(&held));
            let renewing = tokio::spawn(renew(held.clone()));
            return Ok(Self { held, renewing });
        }
    }

    /// Asks for the lease to be held still; where that is not known it is written anew.
    ///
    /// # Errors
    /// Temporary (exit 75) where another took it over.
    pub async fn require(&self) -> Result<()> {
        self.held.require().await
    }

    /// Gives it back.
    pub async fn give_back(&self) {
        self.renewing.abort();
        self.held.give_back().await;
    }
}

/// Gives back what this process holds, when it is told to end: the next run need not wait until it would have been over.
pub async fn give_all_back() {
    // One that is being taken is waited for, and none is taken from now on.
    std::mem::forget(TAKING.lock().await);
    let held: Vec<_> = all_held().drain(..).collect();
    for held in held.iter().filter_map(Weak::upgrade) {
        held.give_back().await;
    }
}

/// Held while a lease is being taken.
static TAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Every lease that this process took.
static HELD: Mutex<Vec<Weak<Held>>> = Mutex::new(Vec::new());

fn all_held() -> MutexGuard<'static, Vec<Weak<Held>>> {
    lock(&HELD)
}

impl Held {
    fn known(&self) -> MutexGuard<'_, (Instant, SystemTime)> {
        lock(&self.known)
    }

    async fn give_back(&self) {
        let mut state = self.state.lock().await;
        if state.is_lost {
            return;
        }
        state.written.until = None;
        state.is_lost = true;
        if let Ok(bytes) = bytes(&state.written)
            && let Err(error) = self.store.exchange(NAME, bytes, &state.mark).await
        {
            warn!("the lake could not be given back, and is free when its lease ends: {error}");
        }
    }

    async fn require(&self) -> Result<()> {
        let (until, until_of_day) = *self.known();
        let mut state = self.state.lock().await;
        // Sleep of the machine stops the one clock; the other may be set back.
        let is_known = Instant::now() < until && SystemTime::now() < until_of_day;
        if !state.is_lost && !is_known {
            self.write(&mut state).await?;
        }
        match state.is_lost {
            false => Ok(()),
            true => Err(Error::temporary(format!(
                "the right to write to {} was lost: this run stood still too long, and another took the lake over",
                self.store.address_of("")
            ))
            .hint("run again; nothing of this run is visible")),
        }
    }

    /// Writes it anew; notes it as lost where another wrote.
    async fn write(&self, state: &mut State) -> Result<()> {
        let asked = (Instant::now(), SystemTime::now());
        state.written.until = Some(micros(asked.1 + self.time));
        state.written.writings += 1;
        let mut exchanged = self.store.exchange(NAME, bytes(&state.written)?, &state.mark).await?;
        if exchanged.is_none()
            && let Some((found, mark)) = self.store.get(NAME).await?
            && is_of(&found, &state.written)
        {
            // An earlier writing of ours, of which it was not known what became of it.
            exchanged = self.store.exchange(NAME, bytes(&state.written)?, &mark).await?;
        }
        match exchanged {
            Some(mark) => {
                state.mark = mark;
                *self.known() = (asked.0 + self.time, asked.1 + self.time);
            }
            None => state.is_lost = true,
        }
        Ok(())
    }
}

/// Writes the lease anew, three times in its time, until it is lost.
async fn renew(held: Arc<Held>) {
    loop {
        tokio::time::sleep(held.time / 3).await;
        let mut state = held.state.lock().await;
        if state.is_lost {
            return;
        }
        // What fails now is tried again; whoever commits asks for the lease to be held.
        if let Err(error) = held.write(&mut state).await {
            debug!("the lease could not be written anew: {error}");
        }
    }
}

/// Whether what stands at the store is of this holder still.
fn is_of(found: &[u8], written: &Written) -> bool {
    let found: Option<Written> = serde_json::from_slice(found).ok();
    found.is_some_and(|found| found.holder == written.holder && found.epoch == written.epoch && found.until.is_some())
}

fn bytes(written: &Written) -> Result<Bytes> {
    let text = serde_json::to_vec(written).map_err(|error| Error::failed(format!("the lease: {error}")))?;
    Ok(text.into())
}

fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, duration_micros)
}

fn duration_micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
