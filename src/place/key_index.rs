//! An index of the keys of a lake file, beside it: which of its rows may have one of some keys, found without reading the file.
//!
//! Rows in the file's order make runs of 131,072. A run is a sorted list of 8 bytes a row: 47 bits of the key's hash above 17
//! bits of the row's place in the run. Behind the runs stand what the keys are made of and the XXH3-128 of all bytes before. A
//! lake file never changes, and neither does its index; one that is lost, damaged or of another key is told from a good one,
//! and can be made again from the file. Knows keys as hashes.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_128;

use super::rename;
use crate::error::{Error, Result};
use crate::fingerprint::Hashing;

const ROW_BITS: u32 = 17;
const RUN_ROWS: usize = 1 << ROW_BITS;
/// Another way of hashing or of writing is another mark.
const MARK: &[u8; 8] = b"etlkeys1";
/// The mark, what the keys are made of, the hash.
const TRAILER_BYTES: usize = 8 + 16 + 16;

/// Where the index of a table's file stands: beside the data, in a folder that no reader of the table looks into. Both
/// paths are relative to the table's folder.
pub fn beside(file: &str) -> String {
    format!("_index/{file}.keys")
}

/// Hashes of the keys that are looked for, as far as they fit the memory given.
pub struct Wanted {
    hashes: Vec<u64>,
    most: usize,
    is_full: bool,
}

impl Wanted {
    /// None yet; `budget_bytes` is what they may take.
    pub fn within(budget_bytes: usize) -> Self {
        Self { hashes: Vec::new(), most: budget_bytes / size_of::<u64>(), is_full: false }
    }

    /// Takes more of them in. There may be too many: then all rows are to be read.
    pub fn extend(&mut self, hashes: impl ExactSizeIterator<Item = u128>) {
        if self.hashes.len() + hashes.len() > self.most {
            self.tidy();
        }
        self.is_full |= self.hashes.len() + hashes.len() > self.most;
        match self.is_full {
            true => self.hashes = Vec::new(),
            false => self.hashes.extend(hashes.map(above)),
        }
    }

    fn tidy(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
    }

    /// The hashes in order; nothing where there are too many to keep.
    pub fn sorted(mut self) -> Option<Sorted> {
        self.tidy();
        (!self.is_full).then_some(Sorted(self.hashes))
    }
}

/// Hashes of the keys that are looked for, in order.
pub struct Sorted(Vec<u64>);

/// What of a hash is kept, in its highest bits.
fn above(hash: u128) -> u64 {
    (hash >> 64) as u64 >> ROW_BITS << ROW_BITS
}

/// Writes an index while its file is written.
pub struct IndexWriter {
    /// The run at hand.
    run: Vec<u64>,
    path: PathBuf,
    file: Option<Hashing<BufWriter<File>>>,
}

impl IndexWriter {
    /// An index that will be at `path`; no file is made before there is a run.
    pub fn new(path: PathBuf) -> Self {
        Self { run: Vec::new(), path, file: None }
    }

    /// Takes the next row's key.
    ///
    /// # Errors
    /// Failed when a run cannot be written.
    pub fn push(&mut self, hash: u128) -> Result<()> {
        self.run.push(above(hash) | self.run.len() as u64);
        if self.run.len() == RUN_ROWS { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> Result<()> {
        let failed = |source| Error::io("write", &self.path, source);
        if self.file.is_none() {
            if let Some(parent) = self.path.parent() {
                fs::create_dir_all(parent).map_err(failed)?;
            }
            self.file = Some(Hashing::new(BufWriter::new(File::create(&self.path).map_err(failed)?)));
        }
        self.run.sort_unstable();
        let bytes: Vec<u8> = self.run.drain(..).flat_map(u64::to_le_bytes).collect();
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(&bytes)).map_err(failed)
    }

    /// Ends the index under its file's name; `keys` says what the keys are made of. Durable when it returns, but for the folder.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn finish(mut self, path: &Path, keys: &[&str]) -> Result<()> {
        self.end_run()?;
        let failed = |source| Error::io("write", &self.path, source);
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.write_all(&trailer(keys)).map_err(failed)?;
        let (file, hash) = file.into_parts();
        let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.write_all(&hash.finish_128().to_le_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        rename(&self.path, path)
    }

    /// Leaves no file behind.
    pub fn discard(self) {
        if self.file.is_some() {
            // What cannot be removed is cleared with the folder it stands in.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn trailer(keys: &[&str]) -> Vec<u8> {
    let keys = XxHash3_128::oneshot(keys.join(",").as_bytes());
    [MARK.as_slice(), &keys.to_le_bytes()].concat()
}

/// The rows of a file, ascending, that may have one of these keys: all that have, and hardly ever
/// another. Nothing where the index is lost, damaged, of another number of rows, or of other keys.
///
/// # Errors
/// Failed when it cannot be read.
pub fn rows_of(index: &Path, rows: u64, keys: &[&str], wanted: &Sorted) -> Result<Option<Vec<u32>>> {
    let failed = |source| Error::io("read", index, source);
    let mut file = match File::open(index) {
        Ok(file) => file,
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    let length = file.metadata().map_err(failed)?.len();
    if length != rows * 8 + TRAILER_BYTES as u64 {
        return Ok(None);
    }
    let mut hash = XxHash3_128::new();
    let mut found = Vec::new();
    let mut bytes = vec![0; RUN_ROWS * 8];
    let mut left = rows as usize;
    let mut first = 0;
    while left > 0 {
        let bytes = &mut bytes[..left.min(RUN_ROWS) * 8];
        file.read_exact(bytes).map_err(failed)?;
        hash.write(bytes);
        meet(bytes, &wanted.0, |row| found.push(first + row));
        left -= bytes.len() / 8;
        first += RUN_ROWS as u32;
    }
    let mut end = [0; TRAILER_BYTES];
    file.read_exact(&mut end).map_err(failed)?;
    let (said, hashed) = end.split_at(TRAILER_BYTES - 16);
    hash.write(said);
    if said != trailer(keys) || hashed != hash.finish_128().to_le_bytes() {
        return Ok(None);
    }
    found.sort_unstable();
    Ok(Some(found))
}

/// Calls `with` for each place in a run, by order of its hash, whose hash is wanted.
fn meet(run: &[u8], wanted: &[u64], mut with: impl FnMut(u32)) {
    let (entries, _) = run.as_chunks::<8>();
    let mut at = 0;
    let mut looked_for = 0;
    while let (Some(entry), Some(hash)) = (entries.get(at).copied().map(u64::from_le_bytes), wanted.get(looked_for)) {
        let of_entry = entry >> ROW_BITS << ROW_BITS;
        if of_entry < *hash {
            at = first_from(entries, at, |entry| u64::from_le_bytes(*entry) >= *hash);
        } else if of_entry > *hash {
            looked_for = first_from(wanted, looked_for, |hash| *hash >= of_entry);
        } else {
            with((entry - of_entry) as u32);
            at += 1;
        }
    }
}

/// The first place from `from` on where something holds that holds for all behind it; in steps that double, so that the list
/// with fewer entries decides what it costs.
fn first_from<T>(list: &[T], from: usize, holds: impl Fn(&T) -> bool) -> usize {
    let mut step = 1;
    let mut low = from;
    while list.get(low + step).is_some_and(|entry| !holds(entry)) {
        low += step;
        step *= 2;
    }
    let high = list.len().min(low + step + 1);
    low + list[low..high].partition_point(|entry| !holds(entry))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: &[&str] = &["id", "environment_type"];

    fn hash(key: u64) -> u128 {
        twox_hash::XxHash3_128::oneshot(&key.to_le_bytes())
    }

    fn written(folder: &Path, keys: &[u64]) -> PathBuf {
        let path = folder.join("file.keys");
        let mut writer = IndexWriter::new(folder.join("being_written"));
        keys.iter().for_each(|key| writer.push(hash(*key)).unwrap());
        writer.finish(&path, KEYS).unwrap();
        path
    }

    fn wanted(keys: &[u64]) -> Sorted {
        let mut wanted = Wanted::within(1 << 20);
        wanted.extend(keys.iter().map(|key| hash(*key)).collect::<Vec<_>>().into_iter());
        wanted.sorted().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn all_rows_of_the_wanted_keys_are_found_and_no_others(
            keys in prop::collection::vec(0_u64..400, 1..900), asked in prop::collection::vec(0_u64..500, 0..300),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = written(folder.path(), &keys);
            let found = rows_of(&path, keys.len() as u64, KEYS, &wanted(&asked)).unwrap().unwrap();
            let expected: Vec<_> =
                (0..keys.len() as u32).filter(|row| asked.contains(&keys[*row as usize])).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn rows_are_found_in_every_run() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<u64> = (0..300_000).collect();
        let path = written(folder.path(), &keys);
        let asked = [299_999, 131_072, 131_071, 0, 900_000];
        let found = rows_of(&path, 300_000, KEYS, &wanted(&asked)).unwrap().unwrap();
        assert_eq!(found, [0, 131_071, 131_072, 299_999]);
    }

    #[test]
    fn an_index_that_is_lost_damaged_or_of_something_else_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<u64> = (0..1000).collect();
        let path = written(folder.path(), &keys);
        let look = |path: &Path, rows, keys| rows_of(path, rows, keys, &wanted(&[7])).unwrap();
        assert_eq!(look(&path, 1000, KEYS), Some(vec![7]));
        assert_eq!(look(&path, 999, KEYS), None);
        assert_eq!(look(&path, 1000, &["id"]), None);
        assert_eq!(look(&folder.path().join("lost.keys"), 1000, KEYS), None);
        let mut bytes = fs::read(&path).unwrap();
        bytes[4321] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(look(&path, 1000, KEYS), None);
    }

    #[test]
    fn more_keys_than_there_is_room_for_are_not_looked_for() {
        let mut few = Wanted::within(80);
        // The same keys again take no room.
        (0..5).for_each(|_| few.extend([1, 2, 3].map(hash).into_iter()));
        assert!(few.sorted().is_some());
        let mut many = Wanted::within(80);
        many.extend((0..11).map(hash).collect::<Vec<_>>().into_iter());
        assert!(many.sorted().is_none());
    }
}
