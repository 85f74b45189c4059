//! Strict CSV, cut into blocks that can be decoded in parallel.
//!
//! [`Blocks`] reads a file once, front to back, and cuts it at record ends; a [`Block`] knows nothing of its neighbours,
//! so its [`Records`] can be walked on any thread. What a field means is not known here, not even that it is text.
//!
//! A quote may stand only around a whole field, or doubled inside such a field. That makes the number of quotes before a
//! newline tell whether it ends a record, which is what the cutting rests on. A quote anywhere else leaves the rest of
//! the file in doubt and is an error; a record with too few or too many fields is not, and left to the caller.

mod fault;
mod halve;
mod header;
mod record;
mod structure;

pub use fault::CsvError;
pub use header::Header;
pub use record::{Field, Record, Records};

use memchr::{memchr_iter, memrchr};
use std::io::Read;

/// Bytes read at a time.
const CHUNK: usize = 4 << 20;
/// The longest record that is still believed to be one.
const LONGEST_RECORD: usize = 64 << 20;
/// Spare buffers kept for reuse.
const SPARE: usize = 8;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole records of a file, next to each other.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
    /// Where the records begin; before it stands the header, in the first block.
    from: usize,
    first_line: u64,
    ordinal: usize,
}

impl Block {
    /// The records of the block in their order. A record of other than `columns` fields is ragged.
    pub fn records(&self, columns: usize) -> Records<'_> {
        Records::new(self.bytes(), columns, self.first_line)
    }

    /// All its records as they stand in the file.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    /// Whether every field is UTF-8. Much faster than asking each field.
    pub fn is_utf8(&self) -> bool {
        std::str::from_utf8(self.bytes()).is_ok()
    }

    /// Line of the file, counted from 1, that its first record begins on. Lines inside quotes count.
    pub fn first_line(&self) -> u64 {
        self.first_line
    }

    /// Position among the blocks of the file, from 0, without gaps. The same file gives the same blocks each time.
    pub fn ordinal(&self) -> usize {
        self.ordinal
    }
}

/// A CSV file behind its header, read block by block.
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    chunk: usize,
    longest_record: usize,
    /// Read and not yet given out; begins with a record.
    pending: Vec<u8>,
    /// Whether `pending` ends inside quotes.
    quoted: bool,
    /// Nothing is left to read.
    ended: bool,
    /// The line `pending` begins on.
    line: u64,
    /// Blocks given out.
    count: usize,
    /// What follows the header in the block it came with.
    first: Option<Block>,
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Blocks<R> {
    /// Reads the header, the first record, and stands before the rest. A byte order mark is dropped.
    ///
    /// # Errors
    /// [`CsvError::Empty`] without a header; a header that is not UTF-8, has no name or one twice, or is malformed; a file that
    /// begins as another format does; and what [`Blocks::next_block`] may return.
    pub fn new(reader: R) -> Result<(Header, Self), CsvError> {
        Self::with_limits(reader, CHUNK, LONGEST_RECORD)
    }

    /// [`Blocks::new`] with other sizes in bytes. Where blocks are cut depends on `chunk`, and never which records there are.
    fn with_limits(reader: R, chunk: usize, longest_record: usize) -> Result<(Header, Self), CsvError> {
        let mut blocks = Self {
            reader,
            chunk,
            longest_record,
            pending: Vec::new(),
            quoted: false,
            ended: false,
            line: 1,
            count: 0,
            first: None,
            spare: Vec::new(),
        };
        let first = blocks.cut().map_err(|error| header::other_format(&blocks.pending).unwrap_or(error))?;
        let mut block = first.ok_or(CsvError::Empty)?;
        if block.bytes.starts_with(BYTE_ORDER_MARK) {
            block.from = BYTE_ORDER_MARK.len();
        }
        let (header, size, lines) = Header::read(block.bytes())?;
        block.from += size;
        block.first_line += lines;
        // Ordinals count from here, also when the header came with a block of its own.
        blocks.count = 0;
        if block.bytes().is_empty() {
            blocks.recycle(block)
        } else {
            blocks.first = Some(block)
        }
        Ok((header, blocks))
    }

    /// The next whole records, about 4 MiB of them, or `None` behind the last.
    ///
    /// # Errors
    /// [`CsvError::Read`]; [`CsvError::RecordTooLong`] and [`CsvError::Unclosed`] when no record end is found any more,
    /// or the fault that explains it, where there is one. A fault inside a block is found by whoever walks its records:
    /// of several errors the one of the earliest block is the cause. Behind an error comes only `None`.
    pub fn next_block(&mut self) -> Result<Option<Block>, CsvError> {
        let next = match self.first.take() {
            Some(block) => Some(block),
            None => self.cut().inspect_err(|_| {
                // What is pending was not searched to its end, so no later cut could be trusted.
                self.pending = Vec::new();
                (self.ended, self.quoted) = (true, false);
            })?,
        };
        Ok(next.map(|block| {
            self.count += 1;
            Block { ordinal: self.count - 1, ..block }
        }))
    }

    /// Takes back a block that is done with, so that its memory serves another one.
    pub fn recycle(&mut self, block: Block) {
        if self.spare.len() < SPARE {
            self.spare.push(block.bytes);
        }
    }

    /// Reads until a record ends and takes everything up to the last record end.
    fn cut(&mut self) -> Result<Option<Block>, CsvError> {
        while !self.ended {
            // What is pending holds no record end, or it would have been taken: only the fresh bytes are searched.
            let known = self.pending.len();
            self.fill()?;
            let fresh = self.pending.get(known..).unwrap_or_default();
            self.quoted ^= has_odd_quotes(fresh);
            if self.ended {
                break;
            }
            if let Some(end) = last_record_end(fresh, self.quoted) {
                let mut rest = self.spare.pop().unwrap_or_default();
                rest.clear();
                rest.reserve(self.chunk + self.chunk / 64);
                rest.extend_from_slice(fresh.get(end..).unwrap_or_default());
                let mut bytes = std::mem::replace(&mut self.pending, rest);
                bytes.truncate(known + end);
                return Ok(Some(self.block(bytes)));
            }
            if self.pending.len() > self.longest_record {
                let line = self.line;
                return Err(self.explain().unwrap_or(CsvError::RecordTooLong { line, limit: self.longest_record }));
            }
        }
        if self.quoted {
            return Err(self.explain().unwrap_or(CsvError::Unclosed { line: self.line }));
        }
        let bytes = std::mem::take(&mut self.pending);
        Ok(if bytes.is_empty() { None } else { Some(self.block(bytes)) })
    }

    fn block(&mut self, bytes: Vec<u8>) -> Block {
        let first_line = self.line;
        self.line += count(b'\n', &bytes);
        Block { bytes, from: 0, first_line, ordinal: 0 }
    }

    /// Appends one chunk, whole unless the file ends: how much one read returns must not move the cuts.
    fn fill(&mut self) -> Result<(), CsvError> {
        let limit = self.chunk as u64;
        // `read_to_end` fills memory that was never zeroed.
        let read = self.reader.by_ref().take(limit).read_to_end(&mut self.pending).map_err(CsvError::Read)?;
        self.ended = read < self.chunk;
        Ok(())
    }

    /// The first fault in what is pending and cannot be cut.
    fn explain(&self) -> Option<CsvError> {
        let marked = self.line == 1 && self.pending.starts_with(BYTE_ORDER_MARK);
        let from = if marked { BYTE_ORDER_MARK.len() } else { 0 };
        let mut records = Records::new(self.pending.get(from..)?, 1, self.line);
        loop {
            match records.next_record() {
                Ok(Some(_)) => (),
                Ok(None) => return None,
                Err(error) => return Some(error),
            }
        }
    }
}

/// Behind the last newline that is not inside quotes, given whether the end of the bytes is.
fn last_record_end(bytes: &[u8], mut quoted: bool) -> Option<usize> {
    let mut bytes = bytes;
    while let Some(at) = memrchr(b'\n', bytes) {
        let (before, behind) = bytes.split_at(at);
        quoted ^= has_odd_quotes(behind);
        if !quoted {
            return Some(at + 1);
        }
        bytes = before;
    }
    None
}

fn has_odd_quotes(bytes: &[u8]) -> bool {
    count(b'"', bytes) % 2 == 1
}

/// How often the byte occurs.
fn count(byte: u8, bytes: &[u8]) -> u64 {
    memchr_iter(byte, bytes).count() as u64
}

#[cfg(test)]
mod tests;
