//! Journals: answers of the API as they were received, one file for each endpoint of an extraction.
//!
//! Each answer is one Zstandard frame, a line of JSON that describes it and then its body, so that
//! `zstdcat invoices.journal.zst` shows them. A skippable frame before it tells its length: answers can be dealt out to
//! several threads still compressed, and a last one that a crash cut off is recognised. Knows nothing of what answers
//! mean.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use crate::error::{Error, Result};

/// What a journal's name ends in.
pub const ENDING: &str = ".journal.zst";

/// A frame that readers of Zstandard pass over, with four bytes of content: the length of the frame behind it.
const SKIPPABLE: [u8; 8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0];
const LEVEL: i32 = 1;
/// No answer that was taken is larger; a length above this is no length.
const MOST_BYTES: usize = 1 << 30;

/// An answer of the API with the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// All but the body.
    pub about: About,
    /// The body, byte for byte; decompressed where the server compressed it.
    pub body: Vec<u8>,
}

/// What describes an answer: the first line of its frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The series of requests that it belongs to, unique in its endpoint: `customer_id=…`, a pass, days.
    pub series: String,
    /// The page of that series, from 1.
    pub page: u32,
    /// Parameters that the series was asked with and that rows are told by, such as `customer_id`.
    pub asked: BTreeMap<String, String>,
    /// GET or POST.
    pub method: String,
    /// Path and query, without the host.
    pub path: String,
    /// What was sent in the body, JSON.
    pub request_body: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// When the answer was complete: microseconds since the epoch, later than every answer's before it.
    pub received_at: i64,
    /// SHA-256 of the body, hexadecimal.
    pub sha256: String,
}

impl About {
    /// Stands for the request and its answer, whenever that came.
    pub fn fingerprint(&self) -> u128 {
        let request = (&self.series, self.page, &self.asked, &self.method, &self.path, &self.request_body);
        XxHash3_128::oneshot(format!("{request:?}{}{}", self.status, self.sha256).as_bytes())
    }
}

/// An answer as it stands in the file.
#[derive(Debug, Clone)]
pub struct Compressed {
    /// Its place in the journal, from 1.
    pub place: u64,
    frame: Vec<u8>,
}

/// Appends answers. Nothing counts before [`Writer::sync`] has returned.
pub struct Writer {
    path: PathBuf,
    file: File,
    compressor: zstd::bulk::Compressor<'static>,
    /// Bytes written since the last sync.
    unsynced: bool,
}

/// The answers of a journal in order, up to the end or to one that was cut off.
pub struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    place: u64,
    /// Where the last whole answer ends.
    whole_bytes: u64,
}

impl Writer {
    /// Opens a journal behind its last whole answer, making it where it is not there.
    ///
    /// `whole_bytes` is where that answer ends, as [`Reader::whole_bytes`] says; 0 for a new journal.
    ///
    /// # Errors
    /// Failed when it cannot be opened.
    pub fn open(path: &Path, whole_bytes: u64) -> Result<Self> {
        let failed = |source| Error::io("open", path, source);
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        file.set_len(whole_bytes).map_err(failed)?;
        file.seek(io::SeekFrom::End(0)).map_err(failed)?;
        let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
        compressor.include_checksum(true).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, compressor, unsynced: false })
    }

    /// Appends an answer; it does not count yet.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn append(&mut self, answer: &Answer) -> Result<()> {
        let failed = |source| Error::io("write", &self.path, source);
        let mut text = serde_json::to_vec(&answer.about)
            .map_err(|error| Error::failed(format!("an answer cannot be described: {error}")))?;
        text.push(b'\n');
        text.extend_from_slice(&answer.body);
        text.push(b'\n');
        let frame = self.compressor.compress(&text).map_err(failed)?;
        let length = u32::try_from(frame.len()).map_err(|_| Error::failed("an answer is too large for a journal"))?;
        let mut record = Vec::with_capacity(frame.len() + SKIPPABLE.len() + 4);
        record.extend_from_slice(&SKIPPABLE);
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(&frame);
        self.unsynced = true;
        self.file.write_all(&record).map_err(failed)
    }

    /// Makes what was appended durable. Where nothing was, there is nothing to do.
    ///
    /// # Errors
    /// Failed when the disk refuses; what was appended since the last time must then count as lost.
    pub fn sync(&mut self) -> Result<()> {
        if self.unsynced {
            self.file.sync_data().map_err(|source| Error::io("make durable", &self.path, source))?;
            self.unsynced = false;
        }
        Ok(())
    }
}

impl Reader {
    /// Opens a journal.
    ///
    /// # Errors
    /// Failed when it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Ok(Self::over(path, file))
    }

    /// Reads an open journal from where the file stands; `path` is for messages.
    pub fn over(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file: BufReader::with_capacity(1 << 18, file), place: 0, whole_bytes: 0 }
    }

    /// The next answer; none at the end, or where the next one was cut off.
    ///
    /// # Errors
    /// Failed when the file cannot be read; damaged (exit 5) when what stands there never was an answer.
    pub fn next_compressed(&mut self) -> Result<Option<Compressed>> {
        let mut head = [0; SKIPPABLE.len() + 4];
        if !self.fill(&mut head)? {
            return Ok(None);
        }
        let (mark, length) = head.split_at(SKIPPABLE.len());
        let length = length.try_into().map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize);
        if mark != SKIPPABLE || length > MOST_BYTES {
            return Err(self.damaged("does not begin as an answer does"));
        }
        let mut frame = vec![0; length];
        if !self.fill(&mut frame)? {
            return Ok(None);
        }
        self.place += 1;
        self.whole_bytes += (head.len() + length) as u64;
        Ok(Some(Compressed { place: self.place, frame }))
    }

    /// The next answer, decompressed.
    ///
    /// # Errors
    /// As [`Self::next_compressed`], and damaged (exit 5) when its checksum is not that of its bytes.
    pub fn next_answer(&mut self) -> Result<Option<Answer>> {
        let Some(compressed) = self.next_compressed()? else { return Ok(None) };
        compressed.answer().map(Some).map_err(|reason| self.damaged(&reason))
    }

    /// How many answers have been read.
    pub fn answers(&self) -> u64 {
        self.place
    }

    /// Where the last whole answer ends, in bytes from the beginning.
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<bool> {
        match self.file.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(source) => Err(Error::io("read", &self.path, source)),
        }
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::damaged(format!("{}: answer {} {reason}", self.path.display(), self.place.max(1)))
            .hint("restore the file from a copy, or remove its folder and extract again")
    }
}

impl Compressed {
    /// Its bytes in the file.
    pub fn size_bytes(&self) -> usize {
        self.frame.len()
    }

    /// The answer.
    ///
    /// # Errors
    /// Why the bytes are none.
    pub fn answer(&self) -> std::result::Result<Answer, String> {
        let mut text =
            zstd::stream::decode_all(self.frame.as_slice()).map_err(|error| format!("is damaged: {error}"))?;
        let line = memchr::memchr(b'\n', &text).ok_or("has no first line")?;
        let about = serde_json::from_slice(&text[..line]).map_err(|error| format!("is not described: {error}"))?;
        text.pop();
        text.drain(..=line);
        Ok(Answer { about, body: text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(page: u32, body: &str) -> Answer {
        Answer {
            about: About {
                series: "customer_id=1".to_owned(),
                page,
                asked: [("customer_id".to_owned(), "1".to_owned())].into(),
                method: "GET".to_owned(),
                path: "/v1/customers/1/invoices?limit=100".to_owned(),
                request_body: None,
                status: 200,
                received_at: i64::from(page),
                sha256: "00".to_owned(),
            },
            body: body.as_bytes().to_vec(),
        }
    }

    fn written(answers: &[Answer]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invoices.journal.zst");
        let mut writer = Writer::open(&path, 0).unwrap();
        answers.iter().for_each(|answer| writer.append(answer).unwrap());
        writer.sync().unwrap();
        (folder, path)
    }

    fn read(path: &Path) -> (Vec<Answer>, u64) {
        let mut reader = Reader::open(path).unwrap();
        let mut answers = Vec::new();
        while let Some(answer) = reader.next_answer().unwrap() {
            answers.push(answer);
        }
        (answers, reader.whole_bytes())
    }

    #[test]
    fn answers_come_back_byte_for_byte_and_in_order() {
        let answers = [answer(1, "{\"data\": [ 1.10 ]}\n"), answer(2, ""), answer(3, "no\njson \u{e9}")];
        let (_folder, path) = written(&answers);
        assert_eq!(read(&path).0, answers);
        assert_eq!(read(&path).1, std::fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn any_zstandard_reader_can_show_a_journal() {
        let (_folder, path) = written(&[answer(1, "first"), answer(2, "second")]);
        let text = String::from_utf8(zstd::stream::decode_all(File::open(path).unwrap()).unwrap()).unwrap();
        assert!(text.contains("\"page\":1") && text.contains("\nfirst\n") && text.ends_with("\nsecond\n"), "{text}");
    }

    #[test]
    fn an_answer_that_was_cut_off_anywhere_does_not_count_and_the_next_takes_its_place() {
        let (_folder, path) = written(&[answer(1, "first"), answer(2, "second")]);
        let bytes = std::fs::read(&path).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        reader.next_answer().unwrap().unwrap();
        let first = usize::try_from(reader.whole_bytes()).unwrap();
        for cut in first..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (answers, whole) = read(&path);
            assert_eq!((answers.len(), whole), (1, first as u64), "cut at {cut}");
            let mut writer = Writer::open(&path, whole).unwrap();
            writer.append(&answer(2, "again")).unwrap();
            assert_eq!(read(&path).0[1].body, b"again", "cut at {cut}");
        }
    }

    #[test]
    fn a_byte_that_changed_on_disk_is_damage_and_not_another_answer() {
        let (_folder, path) = written(&[answer(1, "the first answer of several words")]);
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 8;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let error = Reader::open(&path).unwrap().next_answer().unwrap_err().to_string();
        assert!(error.contains("answer 1") && error.contains("damaged"), "{error}");
    }
}
