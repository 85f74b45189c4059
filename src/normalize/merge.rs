//! One table's new deliveries into the files of its next version: the newest row of each key, once.
//!
//! Two passes over the deliveries. The first reads keys only and finds, among them and the rows the lake holds, which
//! rows are superseded; the second types every row, sets bad ones aside and writes the rest. Lake files are written
//! again only where they hold a superseded row. Nothing here is visible before the lake commits it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use roaring::RoaringBitmap;
use tracing::{info, warn};

use super::covers;
use super::decode::{self, KeyColumns};
use super::decoded::{Decoded, Lineage, Oddities, Quarantined};
use super::feed::{Drawn, Feed};
use super::findings::{Findings, UnitRows, bad_rows};
use super::keys::{EXPIRED, KeyRecord, KeyRecords, Place, Rule, Superseded};
use super::lake_file::{INDEXED_ROWS, LakeFile, column_of, index_again, is_indexed, key_names};
use super::partitions::Partitions;
use super::spool::Spool;
use super::ties;
use super::writers::Writers;
use crate::catalog::{Origin, Table};
use crate::error::{Error, Result};
use crate::extractions::Cover;
use crate::place::journal::About;
use crate::place::key_index::{self, Wanted};
use crate::place::lake::{Change, DataFile, TableState};
use crate::place::parquet;
use crate::source::delivery::{Delivery, SourceFile};
use crate::threads::{lock, unlock};

/// What merging needs besides the rows.
pub struct Merge<'a> {
    /// The table.
    pub table: &'static Table,
    /// Its lake schema.
    pub schema: SchemaRef,
    /// Files the lake has not taken yet, ordered as their rows count.
    pub deliveries: &'a [Delivery],
    /// The table as it is.
    pub state: Option<&'a TableState>,
    /// Where its new files go.
    pub staging: PathBuf,
    /// Of the API: the complete reads of the table's endpoint, those of earlier runs included.
    pub covers: &'a [Cover],
    /// The run.
    pub run_id: &'a str,
    /// Workers.
    pub threads: usize,
    /// For keys and for writers, together.
    pub memory_bytes: usize,
    /// Where objects are kept between the passes; none where nothing is at a store.
    pub spool: Option<Spool>,
}

/// The outcome.
#[derive(Default)]
pub struct Merged {
    /// What is to be committed.
    pub change: Change,
    /// Rows of each delivery, in the order of the deliveries.
    pub rows: Vec<u64>,
    /// Delivered rows that a newer one of the same key supersedes.
    pub superseded_rows: u64,
    /// Delivered rows of the API that the lake holds already as they are.
    pub unchanged_rows: u64,
    /// Of the API: keys of delivered rows that the lake knew.
    pub met_keys: u64,
    /// Bad cells: delivery, row in it from 1, cell.
    pub quarantined: Vec<(usize, u64, Quarantined)>,
    /// Rows that do not count and contradict the one that does.
    pub contradictions: Vec<Contradiction>,
    /// Of the API: answers of the newest delivery that what was asked for is not there.
    pub not_found: Vec<About>,
    /// Columns the catalog does not know.
    pub unknown_columns: BTreeSet<String>,
    /// Decimals that were rounded at their 18th fraction digit, being the texts of doubles.
    pub rounded: u64,
    /// Files that hold nothing, not even a header.
    pub empty: Vec<String>,
    /// XXH3-128 of the bytes of each delivery, as they were read.
    pub fingerprints: Vec<String>,
    /// Environments that the rows of each delivery name.
    pub environments: Vec<BTreeSet<String>>,
    /// How long it took; reading what several tables are made from counts for the first.
    pub took: Duration,
}

/// A delivered row that does not count and contradicts the one that does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// The delivery.
    pub file: usize,
    /// The row in it, from 1.
    pub row: u64,
    /// What it says, as JSON.
    pub said: String,
    /// What the row says that counts, as JSON.
    pub kept: String,
}

/// How many units a delivery has, and where their rows begin.
#[derive(Default)]
pub struct Census {
    /// For each unit: its delivery, and the rows of that delivery before it.
    units: Vec<(usize, u64)>,
    /// Rows of each delivery.
    rows: Vec<u64>,
    /// Of each delivery, as the first pass read it.
    fingerprints: Vec<String>,
}

impl Census {
    /// Of these units: ordinal, delivery, rows.
    pub fn of(mut units: Vec<(u32, usize, u32)>, deliveries: usize, fingerprints: Vec<String>) -> Self {
        units.sort_unstable();
        let mut census = Self { units: Vec::new(), rows: vec![0; deliveries], fingerprints };
        for (_, file, rows) in units {
            census.units.push((file, census.rows[file]));
            census.rows[file] += u64::from(rows);
        }
        census
    }

    /// Rows of its delivery before a unit. A file that grew between the passes has units that were not counted; that is
    /// found and said later.
    fn rows_before(&self, unit: u32) -> u64 {
        self.units.get(unit as usize).map_or(0, |(_, before)| *before)
    }
}

impl Merged {
    /// Of what was found and written, and the lake's files as they are.
    pub fn of(
        census: &Census,
        superseded: &Superseded,
        oddities: Oddities,
        (add, environments): (Vec<DataFile>, Vec<BTreeSet<String>>),
        drawn: Drawn,
    ) -> Self {
        let Drawn { mut unknown_columns, empty, fingerprints } = drawn;
        unknown_columns.extend(oddities.unknown);
        let place = |cell: Quarantined| {
            let (file, before) = census.units.get(cell.unit as usize).copied().unwrap_or_default();
            (file, before + u64::from(cell.row) + 1, cell)
        };
        let mut quarantined: Vec<_> = oddities.quarantined.into_iter().map(place).collect();
        quarantined.sort_by(|left, right| (left.0, left.1, &left.2.column).cmp(&(right.0, right.1, &right.2.column)));
        Self {
            change: Change { add, remove: Vec::new() },
            rows: census.rows.clone(),
            superseded_rows: superseded.delivered_rows() - superseded.unchanged,
            unchanged_rows: superseded.unchanged,
            met_keys: superseded.met,
            quarantined,
            contradictions: Vec::new(),
            not_found: oddities.not_found,
            unknown_columns,
            rounded: oddities.rounded,
            empty,
            fingerprints,
            environments,
            took: Duration::ZERO,
        }
    }
}

impl Merge<'_> {
    /// Runs both passes.
    ///
    /// # Errors
    /// Data (exit 3) when a file's structure is at fault; failed when something cannot be read or written.
    pub fn run(&self) -> Result<Merged> {
        let began = Instant::now();
        let mut excluded = UnitRows::new();
        loop {
            let (census, superseded) = self.find_superseded(&excluded)?;
            let mut merged = self.write_rows(&census, &superseded)?;
            // A bad row must not supersede a good one. It is known to be bad only now: look again without it.
            let bad = bad_rows(merged.quarantined.iter().map(|(_, _, cell)| cell));
            if bad == excluded || superseded.is_empty() {
                self.settle(&superseded, &mut merged)?;
                merged.contradictions = self.contradictions(&census, &superseded)?;
                merged.took = began.elapsed();
                return Ok(merged);
            }
            match std::fs::remove_dir_all(&self.staging) {
                // Where every row was bad nothing was staged.
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("clear", &self.staging, source));
                }
                _ => excluded = bad,
            }
        }
    }

    /// Ends what is known to be the outcome: lake files without the rows that are superseded, and no bad cells that a newer
    /// read shows in good order, as those block no longer.
    pub fn settle(&self, superseded: &Superseded, merged: &mut Merged) -> Result<()> {
        self.rewrite_lake_files(superseded, &mut merged.change)?;
        let is_outdated =
            |cell: &Quarantined| superseded.outdated.get(&cell.unit).is_some_and(|rows| rows.contains(cell.row));
        merged.quarantined.retain(|(_, _, cell)| !is_outdated(cell));
        Ok(())
    }

    fn find_superseded(&self, excluded: &UnitRows) -> Result<(Census, Superseded)> {
        let columns = KeyColumns::of(self.table);
        let records = KeyRecords::new(&self.staging.join("_keys"), self.memory_bytes / 4, Rule::Newest);
        let ranks = self.ranks();
        // Of an empty table nothing is looked for.
        let is_looked_for = self.state.is_some() && is_indexed(self.table);
        let wanted = is_looked_for.then(|| Mutex::new(Wanted::within(self.memory_bytes / 8)));
        let feed = Feed::new(self.table, self.deliveries, self.state.is_some(), self.spool.as_ref());
        let census = Mutex::new(Vec::new());
        feed.work(self.threads, |_, unit| {
            let mut found = Vec::new();
            let delivery = &self.deliveries[unit.file];
            let rows = decode::keys(
                &unit,
                self.table,
                &columns,
                delivery,
                rank_among(&ranks, &delivery.source),
                excluded.get(&unit.ordinal),
                &mut found,
            )?;
            if let Some(wanted) = &wanted {
                lock(wanted).extend(found.iter().map(|record| record.hash));
            }
            records.extend(&mut found)?;
            lock(&census).push((unit.ordinal, unit.file, rows));
            Ok(())
        })?;
        let census = Census::of(unlock(census), self.deliveries.len(), feed.finish().fingerprints);
        self.lake_keys(&columns, &self.met_rows(&columns, wanted.map(unlock))?, &records)?;
        Ok((census, records.superseded(self.threads)?))
    }

    /// Which rows of each lake file may have a delivered key; nothing stands for all of them. What is read later is held
    /// against the bytes that were written.
    pub fn met_rows(&self, columns: &KeyColumns, delivered: Option<Wanted>) -> Result<Vec<Option<Vec<u32>>>> {
        let Some(state) = self.state.filter(|_| !matches!(self.table.origin, Origin::Answers)) else {
            return Ok(Vec::new());
        };
        let delivered = delivered.and_then(Wanted::sorted);
        let names = key_names(columns);
        let rows_of = |file: &DataFile| {
            let Some(delivered) = delivered.as_ref().filter(|_| file.rows >= INDEXED_ROWS) else {
                parquet::verify_bytes(&state.brought(file)?)?;
                return Ok(None);
            };
            let index = state.path_of_index(file)?;
            if let Some(rows) = key_index::rows_of(&index, file.rows, &names, delivered)? {
                if !rows.is_empty() {
                    parquet::verify_bytes(&state.brought(file)?)?;
                }
                return Ok(Some(rows));
            }
            let path = state.brought(file)?;
            parquet::verify_bytes(&path)?;
            info!(file = file.path, "making the index of keys of {} anew", file.path);
            index_again(&path, &index, columns)?;
            key_index::rows_of(&index, file.rows, &names, delivered)
        };
        state.files.iter().map(rows_of).collect()
    }

    /// Collects the keys of these rows of the lake.
    pub fn lake_keys(&self, columns: &KeyColumns, met: &[Option<Vec<u32>>], records: &KeyRecords) -> Result<()> {
        let wanted: Vec<&str> =
            columns.key.iter().chain(&columns.newest_by).map(|column| column.name).chain(["_source_file"]).collect();
        let wanted: Vec<&str> = wanted.into_iter().chain(covers::column(self.table)).collect();
        let ranks = self.ranks();
        let files = self.state.iter().flat_map(|state| &state.files);
        for (ordinal, (file, met)) in files.zip(met).enumerate() {
            let mut before = 0;
            let mut last = (String::new(), 0);
            let batches: Box<dyn Iterator<Item = _>> = match met {
                Some(rows) if rows.is_empty() => continue,
                Some(rows) => Box::new(self.lake_rows(file, &wanted, rows)?),
                None => Box::new(self.lake_batches(file, Some(&wanted))?),
            };
            for batch in batches {
                let batch = batch?;
                let key: Vec<_> = columns.key.iter().map(|column| column_of(&batch, column.name)).collect();
                let newest_by: Vec<_> = columns.newest_by.iter().map(|column| column_of(&batch, column.name)).collect();
                let sources = column_of(&batch, "_source_file");
                let sources = sources.as_string::<i32>();
                let replaced = covers::replaced(self.table, self.covers, &batch);
                let mut found = Vec::with_capacity(batch.num_rows());
                decode::each_typed_key(&key, &newest_by, |row, key, newest| {
                    let rank = match replaced.get(row as usize) {
                        Some(true) => EXPIRED,
                        _ if self.table.is_answered() => 0,
                        _ => {
                            let source = sources.value(row as usize);
                            if last.0 != source {
                                last = (source.to_owned(), rank_among(&ranks, &SourceFile::named(source.to_owned())));
                            }
                            last.1
                        }
                    };
                    let at = before + row as usize;
                    let row = met.as_ref().map_or(at as u32, |rows| rows[at]);
                    let hash = twox_hash::XxHash3_128::oneshot(key);
                    found.push(KeyRecord { hash, newest, rank, content: 0, place: Place::lake(ordinal as u32, row) });
                });
                before += batch.num_rows();
                records.extend(&mut found)?;
            }
        }
        Ok(())
    }

    /// The files that are delivered, in the order in which their rows count.
    fn ranks(&self) -> Vec<&SourceFile> {
        let mut ranks: Vec<_> = self.deliveries.iter().map(|file| &file.source).collect();
        ranks.sort();
        ranks.dedup();
        ranks
    }

    /// Where the rows go that count. No file is made before its first row.
    pub fn writers(&self) -> Writers {
        let open = |worker| {
            let stem = format!("{}-{worker}", self.run_id);
            let budget = self.memory_bytes / 4 / self.threads;
            Partitions::new(self.table, self.schema.clone(), &self.staging, stem, budget)
        };
        Writers::new((0..self.threads).map(open), self.deliveries.len())
    }

    fn write_rows(&self, census: &Census, superseded: &Superseded) -> Result<Merged> {
        let feed = Feed::new(self.table, self.deliveries, self.state.is_some(), self.spool.as_ref());
        let (writers, findings) = (self.writers(), Findings::default());
        feed.work(self.threads, |worker, unit| {
            let delivery = &self.deliveries[unit.file];
            let before = census.rows_before(unit.ordinal);
            let lineage = Lineage { source: &delivery.source, run_id: self.run_id, rows_before: before };
            let rows = superseded.delivered.get(&unit.ordinal);
            let Decoded { batch, oddities } = decode::typed(&unit, self.table, &self.schema, delivery, &lineage, rows)?;
            drop(unit.rows);
            findings.take(oddities, self.table, delivery, unit.file + 1 == self.deliveries.len())?;
            writers.write(worker, unit.file, &batch)
        })?;
        let written = writers.finish()?;
        let drawn = feed.finish();
        let is_other = |place: &usize| drawn.fingerprints.get(*place) != census.fingerprints.get(*place);
        if let Some(place) = (0..drawn.fingerprints.len()).find(is_other) {
            return Err(Error::temporary(format!("{} changed while it was being read", self.deliveries[place].name()))
                .hint("let the delivery finish and run again; nothing of it was taken"));
        }
        Ok(Merged::of(census, superseded, findings.finish(), written, drawn))
    }

    /// Delivered rows that contradict one that is as new.
    fn contradictions(&self, census: &Census, superseded: &Superseded) -> Result<Vec<Contradiction>> {
        let count = |rows: &HashMap<u32, RoaringBitmap>| rows.values().map(RoaringBitmap::len).sum::<u64>();
        let tied = count(&superseded.tied) + count(&superseded.tied_in_lake);
        if tied == 0 {
            return Ok(Vec::new());
        }
        if tied > ties::MOST {
            let name = self.table.qualified_name();
            warn!(table = name, rows = tied, "{name}: {tied} rows are as new as another of their key: not compared");
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        self.each_tied_in_lake(superseded, |key, content, row, is_kept, _, _| {
            found.push(ties::Tied { key, content, unit: None, row, is_kept });
            Ok(())
        })?;
        let delivered = Mutex::new(Vec::new());
        self.each_delivered(&superseded.tied, census, |unit, row, batch, at| {
            let is_kept = !superseded.delivered.get(&unit).is_some_and(|rows| rows.contains(row));
            let (key, content) = ties::of(self.table, batch, at)?;
            lock(&delivered).push(ties::Tied { key, content, unit: Some(unit), row, is_kept });
            Ok(())
        })?;
        found.extend(unlock(delivered));
        let disputed = ties::disputed(&found);
        let mut wanted: HashMap<u32, RoaringBitmap> = HashMap::new();
        for tied in found.iter().filter(|tied| disputed.contains_key(&tied.key)) {
            if let Some(unit) = tied.unit {
                wanted.entry(unit).or_default().insert(tied.row);
            }
        }
        let kept = Mutex::new(HashMap::new());
        let said = Mutex::new(Vec::new());
        self.each_delivered(&wanted, census, |unit, row, batch, at| {
            let (key, content) = ties::of(self.table, batch, at)?;
            if !superseded.delivered.get(&unit).is_some_and(|rows| rows.contains(row)) {
                lock(&kept).insert(key, ties::said(self.table, batch, at)?);
            } else if disputed.get(&key).is_some_and(|kept| *kept != content) {
                let file = census.units.get(unit as usize).map_or(0, |(file, _)| *file);
                lock(&said).push((key, file, ties::source_row(batch, at), ties::said(self.table, batch, at)?));
            }
            Ok(())
        })?;
        let mut kept = unlock(kept);
        if !disputed.is_empty() {
            self.each_tied_in_lake(superseded, |key, _, _, is_kept, batch, at| {
                if is_kept && disputed.contains_key(&key) {
                    kept.insert(key, ties::said(self.table, batch, at)?);
                }
                Ok(())
            })?;
        }
        let mut contradictions: Vec<_> = unlock(said)
            .into_iter()
            .map(|(key, file, row, said)| Contradiction {
                file,
                row,
                said,
                kept: kept.get(&key).cloned().unwrap_or_default(),
            })
            .collect();
        contradictions.sort();
        Ok(contradictions)
    }

    /// Calls `with` for each row of the lake that is as new as a delivered one of its key: key, content, place in its file,
    /// whether it is kept, batch, place in it.
    fn each_tied_in_lake(
        &self,
        superseded: &Superseded,
        mut with: impl FnMut(u128, u64, u32, bool, &RecordBatch, usize) -> Result<()>,
    ) -> Result<()> {
        for (ordinal, file) in self.state.iter().flat_map(|state| &state.files).enumerate() {
            let Some(rows) = superseded.tied_in_lake.get(&(ordinal as u32)) else { continue };
            let gone = superseded.lake.get(&(ordinal as u32));
            let mut before = 0;
            for batch in self.lake_batches(file, None)? {
                let batch = widen(&batch?, &self.schema)
                    .map_err(|error| Error::failed(format!("cannot compare rows of {}: {error}", file.path)))?;
                for at in 0..batch.num_rows() {
                    let row = before + at as u32;
                    if rows.contains(row) {
                        let is_kept = !gone.is_some_and(|gone| gone.contains(row));
                        let (key, content) = ties::of(self.table, &batch, at)?;
                        with(key, content, row, is_kept, &batch, at)?;
                    }
                }
                before += batch.num_rows() as u32;
            }
        }
        Ok(())
    }

    /// Decodes the units that hold these rows once more, and calls `with` for each of them: unit, row, batch, place in it.
    fn each_delivered(
        &self,
        rows: &HashMap<u32, RoaringBitmap>,
        census: &Census,
        with: impl Fn(u32, u32, &RecordBatch, usize) -> Result<()> + Sync,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let feed = Feed::new(self.table, self.deliveries, self.state.is_some(), self.spool.as_ref());
        feed.work(self.threads, |_, unit| {
            let Some(rows) = rows.get(&unit.ordinal) else { return Ok(()) };
            let delivery = &self.deliveries[unit.file];
            let before = census.rows_before(unit.ordinal);
            let lineage = Lineage { source: &delivery.source, run_id: self.run_id, rows_before: before };
            let decoded = decode::typed(&unit, self.table, &self.schema, delivery, &lineage, None)?;
            for at in 0..decoded.batch.num_rows() {
                // Bad rows are left out: a row is known by its number in the file.
                let row = (ties::source_row(&decoded.batch, at) - before - 1) as u32;
                if rows.contains(row) {
                    with(unit.ordinal, row, &decoded.batch, at)?;
                }
            }
            Ok(())
        })
    }

    /// Writes the lake files that hold superseded rows again, without them; and, of folders that get a file and have many small ones,
    /// the small ones as one, so that years of small deliveries do not make each read open thousands of files.
    fn rewrite_lake_files(&self, superseded: &Superseded, change: &mut Change) -> Result<()> {
        let files: Vec<_> = self.state.iter().flat_map(|state| &state.files).collect();
        let crowded = crowded(&files, &change.add);
        let mut joined: BTreeMap<&str, LakeFile> = BTreeMap::new();
        for (ordinal, file) in files.iter().enumerate() {
            let gone = superseded.lake.get(&(ordinal as u32));
            let folder = folder_of(file);
            let is_joined = is_small(file) && crowded.contains(folder);
            if gone.is_none() && !is_joined {
                continue;
            }
            change.remove.push(file.path.clone());
            if gone.is_some_and(|gone| gone.len() == file.rows) {
                continue;
            }
            let path = |kind| format!("{folder}{}-{kind}-{ordinal}.parquet", self.run_id);
            let create = |kind| LakeFile::create(&self.staging, path(kind), &self.schema, self.table);
            if !is_joined {
                let mut writer = create("kept")?;
                self.write_again(file, gone, &mut writer)?;
                change.add.push(writer.finish()?);
                continue;
            }
            let mut writer = joined.remove(folder).map_or_else(|| create("joined"), Ok)?;
            self.write_again(file, gone, &mut writer)?;
            joined.insert(folder, writer);
        }
        for writer in joined.into_values() {
            change.add.push(writer.finish()?);
        }
        Ok(())
    }

    /// Writes the rows of a lake file that are not gone.
    fn write_again(&self, file: &DataFile, gone: Option<&RoaringBitmap>, into: &mut LakeFile) -> Result<()> {
        let mut before = 0;
        for batch in self.lake_batches(file, None)? {
            let batch = batch?;
            let is_kept = |row: u32| !gone.is_some_and(|gone| gone.contains(before + row));
            let keep: BooleanArray = (0..batch.num_rows() as u32).map(|row| Some(is_kept(row))).collect();
            before += batch.num_rows() as u32;
            let batch = widen(&batch, &self.schema)
                .and_then(|batch| filter_record_batch(&batch, &keep))
                .map_err(|error| Error::failed(format!("cannot rewrite {}: {error}", file.path)))?;
            into.write(&batch)?;
        }
        Ok(())
    }

    fn lake_batches<'b>(
        &'b self,
        file: &'b DataFile,
        columns: Option<&[&str]>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch>> + 'b> {
        let path = self.state.map(|state| state.brought(file)).transpose()?.unwrap_or_default();
        let reader = parquet::read(&path, columns)?;
        Ok(reader.map(move |batch| batch.map_err(|error| parquet::damaged(&path, &error))))
    }

    /// Rows of a lake file at these places.
    fn lake_rows<'b>(
        &'b self,
        file: &'b DataFile,
        columns: &[&str],
        rows: &[u32],
    ) -> Result<impl Iterator<Item = Result<RecordBatch>> + 'b> {
        let path = self.state.map(|state| state.brought(file)).transpose()?.unwrap_or_default();
        let reader = parquet::read_rows(&path, columns, rows)?;
        Ok(reader.map(move |batch| batch.map_err(|error| parquet::damaged(&path, &error))))
    }
}

/// Small files in one folder: as many are read in a moment, and each row is written again once for so many deliveries.
const MOST_SMALL: usize = 24;

/// The folders that get a file and have many small ones.
fn crowded<'f>(files: &[&'f DataFile], added: &[DataFile]) -> BTreeSet<&'f str> {
    let mut small: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| is_small(file)) {
        *small.entry(folder_of(file)).or_default() += 1;
    }
    let added: BTreeSet<_> = added.iter().map(folder_of).collect();
    small
        .into_iter()
        .filter(|(folder, count)| *count >= MOST_SMALL && added.contains(folder))
        .map(|(folder, _)| folder)
        .collect()
}

/// Whether a file is read whole for its keys.
fn is_small(file: &DataFile) -> bool {
    file.rows < INDEXED_ROWS
}

/// The folder of a file below its table's, with the slash; nothing for the table's own.
fn folder_of(file: &DataFile) -> &str {
    file.path.rfind('/').map_or("", |end| &file.path[..=end])
}

/// The place of a file among those that are delivered, in the order in which rows count; between two of them for one that is
/// none of them. The lake holds one row a key, so how files that are not delivered stand to each other decides nothing.
fn rank_among(ranks: &[&SourceFile], source: &SourceFile) -> u32 {
    match ranks.binary_search(&source) {
        Ok(place) => 2 * place as u32 + 1,
        Err(place) => 2 * place as u32,
    }
}

/// A batch of an older file with the columns it lacks, as null.
fn widen(batch: &RecordBatch, schema: &SchemaRef) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let columns = schema.fields().iter().map(|field| {
        batch
            .column_by_name(field.name())
            .cloned()
            .unwrap_or_else(|| arrow::array::new_null_array(field.data_type(), batch.num_rows()))
    });
    RecordBatch::try_new(schema.clone(), columns.collect())
}
