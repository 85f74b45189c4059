//! Objects of a store as the first pass read them, kept on this machine for the passes after it: what was sent once is not asked for
//! again, and a Parquet file can be read anywhere. Knows deliveries as numbers.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use parquet::file::reader::{ChunkReader, Length};
use tracing::debug;

use crate::error::{Error, Result};
use crate::threads::lock;

/// One file for all of them, which has no name and goes with the process.
#[derive(Clone)]
pub struct Spool {
    of: Arc<Kept>,
}

struct Kept {
    file: File,
    /// How much it may hold.
    most: u64,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    end: u64,
    whole: HashMap<usize, (u64, u64)>,
}

impl Spool {
    /// In this folder, for so many bytes.
    ///
    /// # Errors
    /// Failed when no file can be made there.
    pub fn create(folder: &Path, most: u64) -> Result<Self> {
        let path = folder.join("_objects");
        fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|source| Error::io("create", &path, source))?;
        fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
        Ok(Self { of: Arc::new(Kept { file, most, places: Mutex::default() }) })
    }

    /// A delivery that was read to its end.
    pub fn kept(&self, delivery: usize) -> Option<Piece> {
        let (start, size) = *lock(&self.of.places).whole.get(&delivery)?;
        Some(Piece { of: self.of.clone(), start, size, at: 0 })
    }

    /// Whether so many bytes may still be kept.
    pub fn has_room(&self, size: u64) -> bool {
        size <= self.of.most - lock(&self.of.places).end
    }

    /// A reader of a delivery that is kept while it is read; where there is no room for it any more, it is only read.
    pub fn keeping(&self, delivery: usize, size: u64, inner: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let mut places = lock(&self.of.places);
        if size > self.of.most - places.end {
            return Box::new(inner);
        }
        let start = places.end;
        places.end += size;
        Box::new(Keeping { inner, spool: self.clone(), delivery, start, size, written: Some(0) })
    }

    /// Keeps all of a delivery; none where there is no room for it.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn keep(&self, delivery: usize, size: u64, inner: impl Read + Send + 'static) -> io::Result<Option<Piece>> {
        if self.has_room(size) {
            io::copy(&mut self.keeping(delivery, size, inner), &mut io::sink())?;
        }
        Ok(self.kept(delivery))
    }
}

/// Keeps what passes through.
struct Keeping<R> {
    inner: R,
    spool: Spool,
    delivery: usize,
    start: u64,
    size: u64,
    /// None once something could not be written: it is a copy, and may be missing.
    written: Option<u64>,
}

impl<R: Read> Read for Keeping<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Some(written) = self.written
            && read > 0
        {
            let end = written + read as u64;
            let put = if end > self.size {
                Err(io::Error::other("it is longer than was said"))
            } else {
                self.spool.of.file.write_all_at(&buffer[..read], self.start + written)
            };
            self.written = put.inspect_err(|error| debug!("an object is not kept: {error}")).ok().map(|()| end);
            if self.written == Some(self.size) {
                lock(&self.spool.of.places).whole.insert(self.delivery, (self.start, self.size));
            }
        }
        Ok(read)
    }
}

/// The bytes of a delivery that was kept, front to back or anywhere.
#[derive(Clone)]
pub struct Piece {
    of: Arc<Kept>,
    start: u64,
    size: u64,
    at: u64,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.of.file.read_at(&mut buffer[..left], self.start + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Piece {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Piece {
    type T = Self;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self> {
        Ok(Self { at: start.min(self.size), ..self.clone() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(most: u64) -> (tempfile::TempDir, Spool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::create(folder.path(), most).unwrap();
        (folder, spool)
    }

    fn read(mut from: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_was_read_to_its_end_can_be_read_again() {
        let (folder, spool) = spool(100);
        let mut first = spool.keeping(0, 5, &b"first"[..]);
        let second = spool.keeping(7, 6, &b"second"[..]);
        first.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(read(second), b"second");
        assert!(spool.kept(0).is_none(), "half of it");
        assert_eq!(read(first), b"rst");
        assert_eq!(read(spool.kept(0).unwrap()), b"first");
        assert_eq!(spool.kept(7).unwrap().get_bytes(3, 3).unwrap(), "ond");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a file is left behind");
    }

    #[test]
    fn what_there_is_no_room_for_is_read_and_not_kept() {
        let (_folder, spool) = spool(8);
        assert!(spool.keep(0, 5, &b"first"[..]).unwrap().is_some());
        assert!(spool.keep(1, 6, &b"second"[..]).unwrap().is_none());
        assert_eq!(read(spool.keeping(1, 6, &b"second"[..])), b"second");
        assert!(spool.kept(1).is_none());
    }

    #[test]
    fn what_is_not_as_long_as_was_said_is_not_kept() {
        let (_folder, spool) = spool(100);
        assert_eq!(read(spool.keeping(0, 3, &b"first"[..])), b"first");
        assert_eq!(read(spool.keeping(1, 9, &b"second"[..])), b"second");
        assert!(spool.kept(0).is_none() && spool.kept(1).is_none());
    }
}
