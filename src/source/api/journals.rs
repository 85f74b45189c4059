//! Keeps answers: one thread appends them to the journals and makes them durable, as many at a time as are waiting.
//!
//! While the disk works, more answers wait, so that a slow disk makes larger batches and not a longer queue; how many bytes
//! may wait is bounded. An answer counts once [`Durable`] says so, never before.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::{Error, Result};
use crate::place::journal::{Answer, Writer};
use crate::place::landing::Extraction;
use crate::place::sync;

/// What may wait for the disk, in KiB.
const ROOM: u32 = 64 << 10;
/// What is made durable at once, in bytes: the memory stays bounded, and the time until an answer counts short.
const BATCH: usize = 1 << 20;

/// An answer that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    /// Place of its journal.
    pub journal: usize,
    /// Its rows.
    pub rows: u64,
}

/// Open journals. Dropped, they keep what was given to them before they close.
pub struct Journals {
    sender: Option<mpsc::UnboundedSender<Entry>>,
    thread: Option<JoinHandle<()>>,
    room: Arc<Semaphore>,
}

struct Entry {
    durable: Durable,
    answer: Answer,
    _room: OwnedSemaphorePermit,
}

/// What became durable, in order; the last word may be a failure of the disk.
pub type Kept = mpsc::UnboundedReceiver<Result<Durable>>;

impl Journals {
    /// Opens the journals of these endpoints, each behind its last whole answer.
    ///
    /// # Errors
    /// Failed when one cannot be opened or a thread cannot be had.
    pub fn open(extraction: &Extraction, journals: &[(&'static str, u64)]) -> Result<(Self, Kept)> {
        let open = |(name, whole_bytes): &(&'static str, u64)| Writer::open(&extraction.journal(name), *whole_bytes);
        let writers = journals.iter().map(open).collect::<Result<Vec<Writer>>>()?;
        let folder = &extraction.folder;
        sync(folder)?;
        let (sender, entries) = mpsc::unbounded_channel();
        let (say, kept) = mpsc::unbounded_channel();
        let thread =
            std::thread::Builder::new().name("journals".to_owned()).spawn(move || keep(writers, entries, &say));
        let thread = thread.map_err(|source| Error::io("begin a thread for", folder, source))?;
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Ok((Self { sender: Some(sender), thread: Some(thread), room }, kept))
    }

    /// Hands an answer over, waiting while too much waits for the disk. False where the disk has failed: why stands in
    /// [`Kept`].
    pub async fn append(&self, durable: Durable, answer: Answer) -> bool {
        let size = u32::try_from(answer.body.len() >> 10).unwrap_or(ROOM).saturating_add(1).min(ROOM);
        let Ok(room) = self.room.clone().acquire_many_owned(size).await else { return false };
        self.sender.as_ref().is_some_and(|sender| sender.send(Entry { durable, answer, _room: room }).is_ok())
    }

    /// No more answers come. What waits is still kept; [`Kept`] ends behind it.
    pub fn close(&mut self) {
        self.sender = None;
    }
}

impl Drop for Journals {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It ends with the last answer that waits; were it to panic, nothing more would be durable, which nobody believes.
            let _ = thread.join();
        }
    }
}

fn keep(
    mut writers: Vec<Writer>,
    mut entries: mpsc::UnboundedReceiver<Entry>,
    say: &mpsc::UnboundedSender<Result<Durable>>,
) {
    let mut batch = Vec::new();
    while let Some(first) = entries.blocking_recv() {
        match write(first, &mut writers, &mut entries, &mut batch) {
            Ok(()) => batch.drain(..).for_each(|durable| drop(say.send(Ok(durable)))),
            Err(error) => return drop(say.send(Err(error))),
        }
    }
}

fn write(
    first: Entry,
    writers: &mut [Writer],
    entries: &mut mpsc::UnboundedReceiver<Entry>,
    batch: &mut Vec<Durable>,
) -> Result<()> {
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(Entry { durable, answer, _room }) = next {
        bytes += answer.body.len();
        if let Some(writer) = writers.get_mut(durable.journal) {
            writer.append(&answer)?;
        }
        batch.push(durable);
        next = if bytes < BATCH { entries.try_recv().ok() } else { None };
    }
    // A journal that nothing was appended to costs nothing here.
    writers.iter_mut().try_for_each(Writer::sync)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::journal::{About, Reader};
    use crate::place::landing::{Landing, Plan};

    fn begun(folder: &std::path::Path) -> Extraction {
        let plan = Plan {
            id: "x".to_owned(),
            began_at: 0,
            base_url: String::new(),
            etl_version: String::new(),
            endpoints: Default::default(),
        };
        Landing::new(folder).begin(plan).unwrap()
    }

    fn answer(page: u32, size: usize) -> Answer {
        let about = About {
            series: String::new(),
            page,
            asked: Default::default(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            request_body: None,
            status: 200,
            received_at: 0,
            sha256: String::new(),
        };
        Answer { about, body: vec![b' '; size] }
    }

    fn pages(extraction: &Extraction, name: &str) -> Vec<u32> {
        let mut reader = Reader::open(&extraction.journal(name)).unwrap();
        std::iter::from_fn(|| reader.next_answer().unwrap()).map(|answer| answer.about.page).collect()
    }

    #[tokio::test]
    async fn what_was_handed_over_is_kept_in_order_and_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let extraction = begun(folder.path());
        let (mut journals, mut kept) = Journals::open(&extraction, &[("a", 0), ("b", 0)]).unwrap();
        for page in 1..=50 {
            let durable = Durable { journal: (page % 2) as usize, rows: page.into() };
            assert!(journals.append(durable, answer(page, 100_000)).await);
        }
        journals.close();
        let mut rows = Vec::new();
        while let Some(durable) = kept.recv().await {
            rows.push(durable.unwrap().rows);
        }
        assert_eq!(rows, (1..=50).collect::<Vec<u64>>());
        assert_eq!(pages(&extraction, "b"), (1..=50).step_by(2).collect::<Vec<u32>>());
    }

    #[tokio::test]
    async fn dropped_in_the_middle_they_keep_what_they_were_given() {
        let folder = tempfile::tempdir().unwrap();
        let extraction = begun(folder.path());
        let (journals, kept) = Journals::open(&extraction, &[("a", 0)]).unwrap();
        drop(kept);
        assert!(journals.append(Durable { journal: 0, rows: 0 }, answer(1, 10)).await);
        drop(journals);
        assert_eq!(pages(&extraction, "a"), [1]);
    }

    #[tokio::test]
    async fn a_body_larger_than_the_room_there_is_still_passes() {
        let folder = tempfile::tempdir().unwrap();
        let extraction = begun(folder.path());
        let (journals, _kept) = Journals::open(&extraction, &[("a", 0)]).unwrap();
        assert!(journals.append(Durable { journal: 0, rows: 0 }, answer(1, (ROOM as usize + 1) << 10)).await);
        drop(journals);
        assert_eq!(pages(&extraction, "a"), [1]);
    }
}
