//! How rows are delivered: at least once, in any file, and older versions of a row before or after the newest.
//!
//! Files are those of an object store (`<table>/dt=<date>/<part>_<time>.csv`). Only the frames of a snapshot keep apart, as
//! one that came in fewer files than the one before would not count as complete.

use crate::calendar::{DAY, HOUR, Millis, compact_text, day_text};
use crate::export::csv::{Row, record};
use crate::random::Draw;
use std::collections::BTreeMap;
use std::fs::{File, create_dir_all};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The files that a table's rows are spread over.
const PARTS: usize = 6;
/// How many rows of a file wait for one to be picked, so that they are in no order.
const WAITING: usize = 64;

/// A snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    LongBefore,
    Before,
    Newest,
}

/// A file that is being written.
struct Part {
    file: BufWriter<File>,
    waiting: Vec<String>,
}

/// Everything that is being delivered.
pub(super) struct Deliveries {
    folder: PathBuf,
    now: Millis,
    draw: Draw,
    tables: BTreeMap<&'static str, Vec<Option<Part>>>,
    drafts: u64,
}

impl Deliveries {
    /// What is told as of a moment; `number` tells deliveries of one seed apart.
    pub(super) fn new(folder: &Path, now: Millis, seed: u64, number: u64) -> io::Result<Self> {
        create_dir_all(folder)?;
        Ok(Self {
            folder: folder.into(),
            now,
            draw: Draw::new(seed, 0xde11, number),
            tables: BTreeMap::new(),
            drafts: 0,
        })
    }

    /// The moment that everything is told as of.
    pub(super) fn now(&self) -> Millis {
        self.now
    }

    /// Whether a thing that is so one time in `of` is so now.
    pub(super) fn chance(&mut self, of: u64) -> bool {
        self.draw.below(of) == 0
    }

    /// Whether this is asked for the first time.
    pub(super) fn is_first_draft(&mut self) -> bool {
        self.drafts += 1;
        self.drafts == 1
    }

    /// A row of a table whose newest version counts, and some of the versions it had before.
    pub(super) fn row(&mut self, table: &'static str, newest: Row, before: Vec<Row>) -> io::Result<()> {
        for row in before {
            if self.chance(2) {
                let part = self.draw.index(PARTS);
                self.write(table, part, &row)?;
            }
        }
        let times = [1, 2, 3][self.draw.weighted(&[6, 3, 1])];
        for _ in 0..times {
            let part = self.draw.index(PARTS);
            self.write(table, part, &newest)?;
        }
        Ok(())
    }

    /// A row of a snapshot. Each frame but the newest is one file.
    pub(super) fn snapshot(&mut self, table: &'static str, frame: Frame, row: Row) -> io::Result<()> {
        let part = match frame {
            Frame::LongBefore => 0,
            Frame::Before => 1,
            Frame::Newest => 2 + self.draw.index(PARTS - 2),
        };
        self.write(table, part, &row)?;
        if frame == Frame::Newest && self.chance(4) {
            let again = 2 + self.draw.index(PARTS - 2);
            self.write(table, again, &row)?;
        }
        Ok(())
    }

    fn write(&mut self, table: &'static str, part: usize, row: &Row) -> io::Result<()> {
        let parts = self.tables.entry(table).or_insert_with(|| (0..PARTS).map(|_| None).collect());
        let slot = &mut parts[part];
        if slot.is_none() {
            *slot = Some(open(&self.folder, self.now, table, part, row)?);
        }
        let Some(open) = slot else { return Ok(()) };
        let mut text = String::new();
        record(&mut text, row, false);
        text.push('\n');
        open.waiting.push(text);
        if open.waiting.len() > WAITING {
            let picked = self.draw.index(open.waiting.len());
            let line = open.waiting.swap_remove(picked);
            open.file.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Writes what waits and closes every file.
    pub(super) fn finish(self) -> io::Result<()> {
        for mut part in self.tables.into_values().flatten().flatten() {
            for line in part.waiting {
                part.file.write_all(line.as_bytes())?;
            }
            part.file.flush()?;
        }
        Ok(())
    }
}

/// Creates a file: two parts of a transfer each day, the last one first.
fn open(folder: &Path, now: Millis, table: &str, part: usize, row: &Row) -> io::Result<Part> {
    let at: Millis = now + (PARTS - part) as i64 / 2 * DAY + 5 * HOUR;
    let path = folder.join(format!("{table}/dt={}/{part}_{}.csv", day_text(at), compact_text(at)));
    let create = || {
        path.parent().map_or(Ok(()), create_dir_all)?;
        let mut file = BufWriter::new(File::create(&path)?);
        let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
        writeln!(file, "{}", columns.join(","))?;
        io::Result::Ok(file)
    };
    let file = create().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok(Part { file, waiting: Vec::new() })
}
