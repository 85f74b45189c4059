//! Which row of each key is the newest: keys are hashed to 128 bits, collected from every delivered row and every row
//! the lake holds, sorted a share at a time, and all but the newest of each key are named as superseded.
//!
//! Memory is bounded: past the budget, records go to temporary files by the first bits of their hash, and one such
//! share is sorted at a time. Knows rows as places (unit and row), not as values.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use roaring::RoaringBitmap;

use crate::error::{Error, Result};
use crate::threads::{join, lock, unlock};

/// Where a row stands, in eight bytes: there is a record for every row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The unit; or the lake file, with [`Place::IN_LAKE`].
    within: u32,
    row: u32,
}

/// The rank of a row of the API that a later read has replaced: it counts only where it came again as it was.
pub const EXPIRED: u32 = u32::MAX;

/// The rank of a row of the API that cannot be typed. It competes with nothing, but a newer one of its key outdates it.
pub const BAD: u32 = u32::MAX - 1;

/// The rank of such a row that a later read has replaced.
pub const OUTDATED: u32 = u32::MAX - 2;

/// Which rows of a key are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The newest one.
    Newest,
    /// Rows of the API, of which several make a set under one key: those of the newest version that no later read has
    /// replaced. `newest` is when it was received, no two answers at the same instant, and the version's fingerprint:
    /// where the lake holds the same version already, that stays and nothing is written.
    Sets,
}

/// What decides between rows of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRecord {
    /// XXH3 of the key's values, `environment_type` among them.
    pub hash: u128,
    /// The table's `newest_by` columns, microseconds or integers; null is the least.
    pub newest: [i64; 2],
    /// Rank of the source file among all files of the table; of answers 0 or [`EXPIRED`].
    pub rank: u32,
    /// Stands for what the row says, where that is known; 0 where it is not.
    pub content: u32,
    /// Where the row is.
    pub place: Place,
}

/// Rows that a newer row of the same key supersedes, by unit or lake file.
#[derive(Debug, Default)]
pub struct Superseded {
    /// Rows of lake files, by the file's ordinal.
    pub lake: HashMap<u32, RoaringBitmap>,
    /// Rows of decoded units, by the unit's ordinal.
    pub delivered: HashMap<u32, RoaringBitmap>,
    /// How many of those the lake holds as they are.
    pub unchanged: u64,
    /// Rows of lake files that are as new as another row of their key and may say something else.
    pub tied_in_lake: HashMap<u32, RoaringBitmap>,
    /// The same of decoded units.
    pub tied: HashMap<u32, RoaringBitmap>,
    /// Bad rows of the API that a newer one stands for: they are nobody's concern any more.
    pub outdated: HashMap<u32, RoaringBitmap>,
    /// Keys that stand both in the lake and in a delivery.
    pub met: u64,
}

impl Superseded {
    /// How many delivered rows are superseded.
    pub fn delivered_rows(&self) -> u64 {
        self.delivered.values().map(RoaringBitmap::len).sum()
    }

    /// Whether no row is superseded.
    pub fn is_empty(&self) -> bool {
        self.delivered.is_empty() && self.lake.is_empty()
    }

    fn add(&mut self, place: Place) {
        insert(if place.is_in_lake() { &mut self.lake } else { &mut self.delivered }, place);
    }

    fn tie(&mut self, place: Place) {
        insert(if place.is_in_lake() { &mut self.tied_in_lake } else { &mut self.tied }, place);
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.lake, other.lake),
            (&mut self.delivered, other.delivered),
            (&mut self.tied_in_lake, other.tied_in_lake),
            (&mut self.tied, other.tied),
            (&mut self.outdated, other.outdated),
        ] {
            for (within, rows) in theirs {
                *mine.entry(within).or_default() |= rows;
            }
        }
        self.unchanged += other.unchanged;
        self.met += other.met;
    }
}

const SHARES: usize = 64;
const RECORD_BYTES: usize = 16 + 16 + 4 + 4 + 4 + 4;

/// Collects key records from several threads within a memory budget.
pub struct KeyRecords {
    shares: Vec<Mutex<Share>>,
    records_a_share: usize,
    folder: PathBuf,
    rule: Rule,
}

#[derive(Default)]
struct Share {
    records: Vec<KeyRecord>,
    spilled: Option<BufWriter<File>>,
}

impl KeyRecords {
    /// An empty collection that keeps at most about `budget_bytes` in memory and spills under `folder`.
    pub fn new(folder: &Path, budget_bytes: usize, rule: Rule) -> Self {
        Self {
            shares: (0..SHARES).map(|_| Mutex::default()).collect(),
            records_a_share: (budget_bytes / size_of::<KeyRecord>() / SHARES).max(1024),
            folder: folder.to_path_buf(),
            rule,
        }
    }

    /// Takes the records of one unit, emptying the buffer.
    ///
    /// # Errors
    /// Failed when spilled records cannot be written.
    pub fn extend(&self, records: &mut Vec<KeyRecord>) -> Result<()> {
        // Sorted by hash, each share's records lie side by side and its lock is taken once.
        records.sort_unstable_by_key(|record| record.hash);
        let mut rest = records.as_slice();
        while let Some(first) = rest.first() {
            let share = share_of(first.hash);
            let (mine, others) = rest.split_at(rest.partition_point(|record| share_of(record.hash) == share));
            let mut slot = lock(&self.shares[share]);
            slot.records.extend_from_slice(mine);
            if slot.records.len() >= self.records_a_share {
                slot.spill(&self.folder.join(format!("keys-{share}")))?;
            }
            rest = others;
        }
        records.clear();
        Ok(())
    }

    /// Names every row that a newer one supersedes, with `threads` at work.
    ///
    /// # Errors
    /// Failed when spilled records cannot be read back.
    pub fn superseded(self, threads: usize) -> Result<Superseded> {
        let queue = Mutex::new(self.shares.into_iter().enumerate());
        let (folder, rule) = (&self.folder, self.rule);
        let work = || -> Result<Superseded> {
            let mut found = Superseded::default();
            loop {
                let Some((number, share)) = lock(&queue).next() else { return Ok(found) };
                let share = unlock(share);
                let mut records = share.into_records(&folder.join(format!("keys-{number}")))?;
                records.sort_unstable_by_key(KeyRecord::order);
                for group in records.chunk_by(|left, right| left.hash == right.hash) {
                    rule.take_out(group, &mut found);
                }
            }
        };
        let found = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?;
        Ok(found.into_iter().fold(Superseded::default(), |mut all, some| {
            all.merge(some);
            all
        }))
    }
}

fn insert(rows: &mut HashMap<u32, RoaringBitmap>, place: Place) {
    rows.entry(place.within & !Place::IN_LAKE).or_default().insert(place.row);
}

impl Rule {
    /// Names the records of one key, oldest first, that are not kept.
    fn take_out(self, group: &[KeyRecord], found: &mut Superseded) {
        if self == Self::Newest {
            let Some((newest, older)) = group.split_last() else { return };
            older.iter().for_each(|record| found.add(record.place));
            let is_as_new = |record: &&KeyRecord| record.newest == newest.newest;
            let may_differ = |record: &KeyRecord| record.content == 0 || record.content != newest.content;
            if older.iter().filter(is_as_new).any(may_differ) {
                group.iter().filter(is_as_new).for_each(|record| found.tie(record.place));
            }
            return;
        }
        let newest = group.iter().rev().find(|record| ![EXPIRED, BAD, OUTDATED].contains(&record.rank));
        let is_newest = |record: &KeyRecord| newest.is_some_and(|newest| record.newest[0] == newest.newest[0]);
        let is_known = |record: &KeyRecord| {
            record.place.is_in_lake() && newest.is_some_and(|newest| record.newest[1] == newest.newest[1])
        };
        let has_known = group.iter().any(is_known);
        let is_delivered = |record: &KeyRecord| !record.place.is_in_lake();
        found.met += u64::from(group.iter().any(is_delivered) && !group.iter().all(is_delivered));
        for record in group {
            let is_newer = newest.is_some_and(|newest| newest.newest[0] > record.newest[0]);
            if record.rank == OUTDATED || (record.rank == BAD && is_newer) {
                insert(&mut found.outdated, record.place);
            }
            let is_delivered = is_delivered(record);
            found.unchanged += u64::from(has_known && is_delivered && is_newest(record));
            if if has_known { !is_known(record) } else { !is_newest(record) } {
                found.add(record.place);
            }
        }
    }
}

impl KeyRecord {
    /// Oldest first within a key. A file that was delivered again counts over what the lake holds of it.
    fn order(&self) -> (u128, [i64; 2], u32, bool, u32, u32) {
        let (is_delivered, within) = (!self.place.is_in_lake(), self.place.within);
        (self.hash, self.newest, self.rank, is_delivered, within, self.place.row)
    }

    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let mut rest = bytes.as_mut_slice();
        for part in [
            self.hash.to_le_bytes().as_slice(),
            &self.newest[0].to_le_bytes(),
            &self.newest[1].to_le_bytes(),
            &self.rank.to_le_bytes(),
            &self.content.to_le_bytes(),
            &self.place.within.to_le_bytes(),
            &self.place.row.to_le_bytes(),
        ] {
            let (slot, others) = rest.split_at_mut(part.len());
            slot.copy_from_slice(part);
            rest = others;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
        fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
            let mut part = [0; N];
            let (slot, others) = rest.split_at(N);
            part.copy_from_slice(slot);
            *rest = others;
            part
        }
        let mut rest = bytes.as_slice();
        let hash = u128::from_le_bytes(take(&mut rest));
        let newest = [i64::from_le_bytes(take(&mut rest)), i64::from_le_bytes(take(&mut rest))];
        let rank = u32::from_le_bytes(take(&mut rest));
        let content = u32::from_le_bytes(take(&mut rest));
        let within = u32::from_le_bytes(take(&mut rest));
        let row = u32::from_le_bytes(take(&mut rest));
        Self { hash, newest, rank, content, place: Place { within, row } }
    }
}

impl Place {
    /// No table has two thousand million files or units.
    const IN_LAKE: u32 = 1 << 31;

    /// A row of a lake file, by the file's ordinal.
    pub fn lake(file: u32, row: u32) -> Self {
        Self { within: file | Self::IN_LAKE, row }
    }

    /// A row of a decoded unit, by the unit's ordinal.
    pub fn delivered(unit: u32, row: u32) -> Self {
        Self { within: unit, row }
    }

    fn is_in_lake(self) -> bool {
        self.within & Self::IN_LAKE != 0
    }
}

impl Share {
    fn spill(&mut self, path: &Path) -> Result<()> {
        let failed = |source| Error::io("write", path, source);
        if self.spilled.is_none() {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            self.spilled = Some(BufWriter::new(File::create(path).map_err(failed)?));
        }
        if let Some(file) = &mut self.spilled {
            for record in self.records.drain(..) {
                file.write_all(&record.to_bytes()).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn into_records(mut self, path: &Path) -> Result<Vec<KeyRecord>> {
        if self.spilled.is_none() {
            return Ok(self.records);
        }
        self.spill(path)?;
        if let Some(mut file) = self.spilled.take() {
            file.flush().map_err(|source| Error::io("write", path, source))?;
        }
        let failed = |source| Error::io("read", path, source);
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let mut records = self.records;
        let mut bytes = [0; RECORD_BYTES];
        loop {
            match file.read_exact(&mut bytes) {
                Ok(()) => records.push(KeyRecord::from_bytes(&bytes)),
                Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(source) => return Err(failed(source)),
            }
        }
        std::fs::remove_file(path).map_err(|source| Error::io("remove", path, source))?;
        Ok(records)
    }
}

fn share_of(hash: u128) -> usize {
    // The topmost six bits: below SHARES by construction.
    (hash >> 122) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(hash: u128, newest: i64, rank: u32, place: Place) -> KeyRecord {
        KeyRecord { hash: hash << 100 | hash, newest: [newest, i64::MIN], rank, content: 7, place }
    }

    fn delivered(unit: u32, row: u32) -> Place {
        Place::delivered(unit, row)
    }

    fn lake(file: u32, row: u32) -> Place {
        Place::lake(file, row)
    }

    fn superseded(records: Vec<KeyRecord>, budget: usize) -> Superseded {
        let folder = tempfile::tempdir().unwrap();
        let all = KeyRecords::new(folder.path(), budget, Rule::Newest);
        for mut chunk in records.chunks(700).map(<[_]>::to_vec) {
            all.extend(&mut chunk).unwrap();
        }
        all.superseded(2).unwrap()
    }

    #[test]
    fn the_newest_row_of_a_key_stays_wherever_it_stands() {
        let found = superseded(
            vec![
                record(1, 10, 0, delivered(0, 0)),
                record(1, 30, 0, lake(5, 7)),
                record(1, 20, 9, delivered(3, 1)),
                record(2, 1, 0, lake(5, 8)),
                record(2, 2, 0, delivered(0, 4)),
                record(3, 1, 0, delivered(0, 5)),
            ],
            1 << 20,
        );
        assert_eq!(found.lake.len(), 1);
        assert!(found.lake[&5].contains(8));
        assert_eq!(found.delivered[&0].iter().collect::<Vec<_>>(), [0]);
        assert_eq!(found.delivered[&3].iter().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn ties_go_to_the_later_file_then_the_later_row_then_the_newer_delivery_of_the_same_file() {
        let found = superseded(
            vec![
                record(1, 10, 1, delivered(0, 9)),
                record(1, 10, 2, delivered(1, 0)),
                record(2, 10, 2, delivered(1, 3)),
                record(2, 10, 2, delivered(1, 4)),
                record(3, 10, 2, lake(0, 99)),
                record(3, 10, 2, delivered(1, 5)),
            ],
            1 << 20,
        );
        assert_eq!(found.delivered[&0].iter().collect::<Vec<_>>(), [9]);
        assert_eq!(found.delivered[&1].iter().collect::<Vec<_>>(), [3]);
        assert_eq!(found.lake[&0].iter().collect::<Vec<_>>(), [99]);
    }

    #[test]
    fn rows_as_new_as_the_newest_are_tied_where_they_may_say_something_else() {
        let says = |content, key| KeyRecord { content, ..record(key, 10, 0, delivered(0, content)) };
        let found = superseded(
            vec![says(1, 1), says(2, 1), says(3, 2), KeyRecord { place: delivered(0, 9), ..says(3, 2) }],
            1 << 20,
        );
        assert_eq!(found.tied[&0].iter().collect::<Vec<_>>(), [1, 2]);
        let unknown = vec![says(0, 3), KeyRecord { place: lake(4, 4), ..says(0, 3) }];
        let found = superseded(unknown, 1 << 20);
        assert_eq!((found.tied.len(), found.tied_in_lake[&4].len()), (1, 1));
    }

    fn of_sets(records: Vec<KeyRecord>) -> Superseded {
        let folder = tempfile::tempdir().unwrap();
        let all = KeyRecords::new(folder.path(), 1 << 20, Rule::Sets);
        all.extend(&mut records.clone()).unwrap();
        all.superseded(1).unwrap()
    }

    fn version(key: u128, received_at: i64, fingerprint: i64, rank: u32, place: Place) -> KeyRecord {
        KeyRecord { newest: [received_at, fingerprint], ..record(key, 0, rank, place) }
    }

    #[test]
    fn of_a_set_all_rows_of_the_newest_version_stay_and_no_others() {
        let found = of_sets(vec![
            version(1, 10, 77, 0, lake(0, 0)),
            version(1, 10, 77, 0, lake(0, 1)),
            version(1, 10, 77, 0, lake(0, 2)),
            version(1, 20, 88, 0, delivered(0, 0)),
            version(1, 20, 88, 0, delivered(0, 1)),
        ]);
        assert_eq!(found.lake[&0].iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(found.delivered.is_empty());
    }

    #[test]
    fn a_version_that_came_again_as_it_was_is_not_written_again() {
        let found = of_sets(vec![
            version(1, 10, 77, EXPIRED, lake(0, 0)),
            version(1, 10, 77, EXPIRED, lake(0, 1)),
            version(1, 20, 77, 0, delivered(0, 0)),
            version(1, 20, 77, 0, delivered(0, 1)),
        ]);
        assert!(found.lake.is_empty(), "{found:?}");
        assert_eq!(found.delivered[&0].iter().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(found.unchanged, 2);
    }

    #[test]
    fn a_row_that_cannot_be_typed_is_outdated_by_a_newer_one_and_outdates_nothing() {
        let found = of_sets(vec![
            version(1, 10, 77, BAD, delivered(0, 0)),
            version(1, 20, 88, 0, delivered(0, 1)),
            version(2, 10, 77, 0, lake(0, 0)),
            version(2, 20, 88, BAD, delivered(0, 2)),
            version(3, 10, 77, OUTDATED, delivered(0, 3)),
        ]);
        assert_eq!(found.outdated[&0].iter().collect::<Vec<_>>(), [0, 3]);
        assert!(found.lake.is_empty(), "{found:?}");
    }

    #[test]
    fn a_row_that_a_later_read_no_longer_shows_goes() {
        let found = of_sets(vec![version(1, 10, 77, EXPIRED, lake(0, 3)), version(2, 10, 77, 0, lake(0, 4))]);
        assert_eq!(found.lake[&0].iter().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn spilling_to_disk_changes_nothing() {
        let records: Vec<_> = (0..200_000_u32)
            .map(|row| {
                let key = u128::from(row % 50_000);
                let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834);
                KeyRecord {
                    hash,
                    newest: [i64::from(row), 0],
                    rank: 0,
                    content: 7,
                    place: delivered(row / 1000, row % 1000),
                }
            })
            .collect();
        for budget in [0, 1 << 30] {
            let found = superseded(records.clone(), budget);
            assert_eq!(found.delivered_rows(), 150_000);
            assert!(found.delivered.keys().all(|unit| *unit < 150));
        }
    }
}
