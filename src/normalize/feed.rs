//! Deliveries as a queue of units of work: a block of CSV records or a batch of Parquet rows, numbered in the order that
//! rows count. Several workers draw from it; reading is sequential, decoding is theirs.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use flate2::read::MultiGzDecoder;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use tracing::debug;
use twox_hash::XxHash3_128;

use super::layout::Layout;
use super::parquet_types;
use super::threads::{join, lock, unlock};
use crate::catalog::Table;
use crate::cells::uuid_texts;
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::place::journal::{self, Compressed};
use crate::printer::progress;
use crate::source::csv::{Block, Blocks, CsvError};
use crate::source::delivery::{Delivery, Format};

/// A piece of a delivery, decoded as a whole.
pub struct Unit {
    /// Counts through all deliveries of the table, the same at every reading.
    pub ordinal: u32,
    /// Which delivery it is of.
    pub file: usize,
    /// Where the table's columns are in this file.
    pub layout: Arc<Layout>,
    /// Its rows.
    pub rows: Rows,
}

/// Undecoded rows.
pub enum Rows {
    /// CSV records.
    Csv(Block),
    /// A Parquet batch.
    Parquet(RecordBatch),
    /// Answers of the API.
    Answers(Vec<Compressed>),
}

/// The queue.
pub struct Feed<'a> {
    table: &'static Table,
    deliveries: &'a [Delivery],
    /// Whether the table has more than one file: then one of them may hold nothing.
    is_of_several: bool,
    state: Mutex<State>,
}

/// What is known of files that were read to their end.
#[derive(Clone)]
pub struct Drawn {
    /// Names of columns that the catalog does not know, over all files.
    pub unknown_columns: BTreeSet<String>,
    /// Names of files that hold nothing, not even a header.
    pub empty: Vec<String>,
    /// XXH3-128 of the bytes of each file.
    pub fingerprints: Vec<String>,
}

#[derive(Default)]
struct State {
    next_file: usize,
    next_unit: u32,
    open: Option<(Reader, Arc<Layout>)>,
    unknown_columns: BTreeSet<String>,
    empty: Vec<String>,
    fingerprints: Vec<String>,
    failed: bool,
}

enum Reader {
    Csv(Blocks<Box<dyn Read + Send>>, Fingerprint),
    Parquet(Batches, File),
    /// A compressed file of no bytes, as a writer leaves for a share without rows.
    Nothing(File),
    Journal(journal::Reader, File),
}

/// The rows of a Parquet file.
struct Batches {
    reader: ParquetRecordBatchReader,
    /// The columns that hold UUIDs as sixteen bytes.
    uuids: Vec<usize>,
}

impl Batches {
    fn next_batch(&mut self) -> std::result::Result<Option<RecordBatch>, ArrowError> {
        let Some(batch) = self.reader.next().transpose()? else { return Ok(None) };
        if self.uuids.is_empty() {
            return Ok(Some(batch));
        }
        let mut columns = batch.columns().to_vec();
        let mut fields: Vec<_> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        for place in &self.uuids {
            if let Some(bytes) = columns[*place].as_fixed_size_binary_opt() {
                columns[*place] = Arc::new(uuid_texts(bytes));
                fields[*place] = Field::new(fields[*place].name(), DataType::Utf8, true);
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map(Some)
    }
}

/// The hash of the bytes read so far, shared with the reader that feeds it.
#[derive(Clone, Default)]
struct Fingerprint(Arc<Mutex<XxHash3_128>>);

/// Hashes what passes through.
struct Hashed {
    file: File,
    fingerprint: Fingerprint,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        lock(&self.fingerprint.0).write(&buffer[..read]);
        Ok(read)
    }
}

impl Fingerprint {
    fn text(&self) -> String {
        fingerprint::text(&lock(&self.0))
    }
}

impl<'a> Feed<'a> {
    /// All units of these deliveries of `table`, which has rows already or not.
    pub fn new(table: &'static Table, deliveries: &'a [Delivery], has_rows: bool) -> Self {
        Self { table, deliveries, is_of_several: has_rows || deliveries.len() > 1, state: Mutex::default() }
    }

    /// The next unit, or `None` when all are drawn or a worker has failed.
    ///
    /// # Errors
    /// Data (exit 3) when a file is not what its name says, lacks a key column or names a column twice.
    fn next(&self) -> Result<Option<Unit>> {
        let mut state = lock(&self.state);
        if state.failed {
            return Ok(None);
        }
        let unit = self.draw(&mut state);
        state.failed = unit.is_err();
        unit
    }

    /// Draws units with so many workers until none is left or one has failed.
    ///
    /// # Errors
    /// The failure of the earliest unit: a fault in a file can make its later units fail too, and that one is the cause.
    pub fn work(&self, threads: usize, with: impl Fn(usize, Unit) -> Result<()> + Sync) -> Result<()> {
        let worker = |number: usize| -> std::result::Result<(), (u32, Error)> {
            while let Some(unit) = self.next().map_err(|error| (u32::MAX, error))? {
                let ordinal = unit.ordinal;
                with(number, unit).map_err(|error| {
                    // The others stop, too.
                    lock(&self.state).failed = true;
                    (ordinal, error)
                })?;
            }
            Ok(())
        };
        let failures = std::thread::scope(|scope| {
            let worker = &worker;
            let workers: Vec<_> = (0..threads).map(|number| scope.spawn(move || worker(number))).collect();
            workers.into_iter().filter_map(|worker| join(worker).err()).collect::<Vec<_>>()
        });
        failures.into_iter().min_by_key(|(ordinal, _)| *ordinal).map_or(Ok(()), |(_, error)| Err(error))
    }

    /// What is known of the files once all units are drawn.
    pub fn finish(self) -> Drawn {
        let State { unknown_columns, empty, fingerprints, .. } = unlock(self.state);
        Drawn { unknown_columns, empty, fingerprints }
    }

    fn draw(&self, state: &mut State) -> Result<Option<Unit>> {
        loop {
            if state.open.is_none() {
                let Some(delivery) = self.deliveries.get(state.next_file) else { return Ok(None) };
                state.next_file += 1;
                let (reader, header) = open(delivery, self.is_of_several)?;
                if matches!(reader, Reader::Nothing(_)) {
                    state.empty.push(delivery.name().to_owned());
                }
                let layout = match reader {
                    Reader::Journal(..) | Reader::Nothing(_) => Layout::default(),
                    _ => Layout::of(self.table, &header, &delivery.source)
                        .map_err(|error| error.context(delivery.name()))?,
                };
                state.unknown_columns.extend(layout.extra.iter().map(|(_, name)| name.clone()));
                state.open = Some((reader, Arc::new(layout)));
            }
            let file = state.next_file - 1;
            let Some((reader, layout)) = &mut state.open else { continue };
            let rows = match reader {
                Reader::Csv(blocks, _) => {
                    blocks.next_block().map_err(|error| wrong_csv(&self.deliveries[file], &error))?.map(Rows::Csv)
                }
                Reader::Parquet(batches, _) => {
                    batches.next_batch().map_err(|error| self.unreadable(file, &error))?.map(Rows::Parquet)
                }
                Reader::Nothing(_) => None,
                Reader::Journal(reader, _) => {
                    let answers = next_answers(reader)?;
                    if answers.is_none() {
                        check_whole(reader, &self.deliveries[file])?;
                    }
                    answers.map(Rows::Answers)
                }
            };
            match rows {
                None => {
                    let fingerprint = match reader {
                        Reader::Csv(_, fingerprint) => fingerprint.text(),
                        Reader::Parquet(_, handle) | Reader::Journal(_, handle) | Reader::Nothing(handle) => {
                            fingerprint_of(handle, &self.deliveries[file].path)?
                        }
                    };
                    state.fingerprints.push(fingerprint);
                    state.open = None;
                    if self.deliveries[file].format != Format::Csv {
                        progress::advance(self.deliveries[file].size_bytes);
                    }
                }
                Some(rows) => {
                    if let (Rows::Csv(block), Format::Csv) = (&rows, self.deliveries[file].format) {
                        progress::advance(block.bytes().len() as u64);
                    }
                    let unit = Unit { ordinal: state.next_unit, file, layout: layout.clone(), rows };
                    state.next_unit += 1;
                    return Ok(Some(unit));
                }
            }
        }
    }

    fn unreadable(&self, file: usize, error: &dyn std::fmt::Display) -> Error {
        unreadable(&self.deliveries[file], error)
    }
}

/// A delivery that is not what its name says, or ends too early.
pub fn unreadable(delivery: &Delivery, error: &dyn std::fmt::Display) -> Error {
    Error::data(format!("{}: {error}", delivery.name()))
        .hint("the file may be cut off or still arriving: deliver it again; nothing of it was taken")
}

/// A delivery that is no CSV as it must be.
pub fn wrong_csv(delivery: &Delivery, error: &CsvError) -> Error {
    Error::data(format!("{}: {error}", delivery.name())).hint(error.hint())
}

/// Opens a delivery and reads its columns. One of several may hold nothing.
fn open(delivery: &Delivery, is_of_several: bool) -> Result<(Reader, Vec<String>)> {
    let bad = |error: &dyn std::fmt::Display| unreadable(delivery, error);
    let file = File::open(&delivery.path).map_err(|source| Error::io("open", &delivery.path, source))?;
    if delivery.size_bytes == 0 && is_of_several {
        return Ok(nothing(delivery, file));
    }
    check_format(delivery, &file)?;
    let fingerprint = Fingerprint::default();
    let hashed = |file| Hashed { file, fingerprint: fingerprint.clone() };
    let bytes: Box<dyn Read + Send> = match delivery.format {
        Format::Parquet => {
            let handle = file.try_clone().map_err(|source| Error::io("open", &delivery.path, source))?;
            let metadata = parquet_types::load(&file).map_err(|error| bad(&error))?;
            let uuids = parquet_types::uuid_columns(metadata.parquet_schema());
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
            // Wide rows come in small batches: a batch is to stay near 16 MiB.
            let groups = builder.metadata().row_groups();
            let bytes: i64 = groups.iter().map(|group| group.total_byte_size()).sum();
            let rows: i64 = groups.iter().map(|group| group.num_rows()).sum();
            let row_bytes = (bytes / rows.max(1)).max(1);
            let batch_rows = usize::try_from((16 << 20) / row_bytes).unwrap_or(1).clamp(64, 16 * 1024);
            let header = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
            let reader = builder.with_batch_size(batch_rows).build().map_err(|error| bad(&error))?;
            return Ok((Reader::Parquet(Batches { reader, uuids }, handle), header));
        }
        Format::Journal { .. } => {
            let handle = file.try_clone().map_err(|source| Error::io("open", &delivery.path, source))?;
            return Ok((Reader::Journal(journal::Reader::over(&delivery.path, file), handle), Vec::new()));
        }
        Format::Csv => Box::new(hashed(file)),
        Format::CsvGzip => Box::new(MultiGzDecoder::new(hashed(file))),
        Format::CsvZstd => Box::new(zstd::Decoder::new(hashed(file)).map_err(|error| bad(&error))?),
    };
    match Blocks::new(bytes) {
        Ok((header, blocks)) => Ok((Reader::Csv(blocks, fingerprint), header.names().to_vec())),
        Err(CsvError::Empty) if is_of_several => Ok(nothing(
            delivery,
            File::open(&delivery.path).map_err(|source| Error::io("open", &delivery.path, source))?,
        )),
        Err(error) => Err(wrong_csv(delivery, &error)),
    }
}

/// Refuses a file that begins as one of another format than its name says: what is said further on would not be the cause.
fn check_format(delivery: &Delivery, mut file: &File) -> Result<()> {
    let failed = |source| Error::io("read", &delivery.path, source);
    let mut bytes = Vec::new();
    file.take(4).read_to_end(&mut bytes).map_err(failed)?;
    file.rewind().map_err(failed)?;
    if delivery.format.begins(&bytes) {
        return Ok(());
    }
    let message = format!("{}: this is not {}, though its name says so", delivery.name(), delivery.format.name());
    Err(Error::data(message).hint(
        "give it the ending that says what it is; a browser may have unpacked it on its way; nothing of it was taken",
    ))
}

/// A file without a byte in it, as a writer leaves for a share that has no rows.
fn nothing(delivery: &Delivery, file: File) -> (Reader, Vec<String>) {
    debug!(file = delivery.name(), "{} holds nothing", delivery.name());
    (Reader::Nothing(file), Vec::new())
}

/// A journal that ends too early looks like one that a crash cut off; but these are of extractions that have ended, which
/// say how many answers there are.
fn check_whole(reader: &journal::Reader, delivery: &Delivery) -> Result<()> {
    match delivery.format {
        Format::Journal { answers } if answers != reader.answers() => Err(Error::damaged(format!(
            "{}: answer {} is cut off or gone: there were {answers}",
            delivery.name(),
            reader.answers() + 1
        ))
        .hint("restore the journal from a copy, or remove its folder and extract again")),
        _ => Ok(()),
    }
}

/// Answers for one unit: half a megabyte as they stand in the journal, some times that as text.
fn next_answers(reader: &mut journal::Reader) -> Result<Option<Vec<Compressed>>> {
    const UNIT_BYTES: usize = 512 << 10;
    let mut answers = Vec::new();
    let mut bytes = 0;
    while bytes < UNIT_BYTES
        && let Some(answer) = reader.next_compressed()?
    {
        bytes += answer.size_bytes();
        answers.push(answer);
    }
    Ok(Some(answers).filter(|answers| !answers.is_empty()))
}

/// XXH3-128 of a file's bytes, in hexadecimal: tells a file that was written again from one that was only touched.
///
/// # Errors
/// Failed when the file cannot be read.
pub fn fingerprint(path: &Path) -> Result<String> {
    fingerprint_of(&File::open(path).map_err(|source| Error::io("open", path, source))?, path)
}

/// The same of an open file, whatever stands under its name by now.
fn fingerprint_of(file: &File, path: &Path) -> Result<String> {
    let failed = |source| Error::io("read", path, source);
    let mut file = file.try_clone().map_err(failed)?;
    file.rewind().map_err(failed)?;
    fingerprint::of_reader(file).map_err(failed)
}
