//! Deliveries as a queue of units of work: a block of CSV records or a batch of Parquet rows, numbered in the order that
//! rows count. Several workers draw from it; reading is sequential, decoding is theirs.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::reader::ChunkReader;
use tracing::debug;
use twox_hash::XxHash3_128;

use super::layout::Layout;
use super::parquet_types;
use super::spool::{Piece, Spool};
use crate::catalog::Table;
use crate::cells::uuid_texts;
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::place::journal::{self, Compressed};
use crate::place::location::Location;
use crate::place::store::{Object, Stream};
use crate::printer::progress;
use crate::source::csv::{Block, Blocks, CsvError};
use crate::source::delivery::{Delivery, Format};
use crate::threads::{join, lock, unlock};

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
    /// Objects as they were read before.
    spool: Option<&'a Spool>,
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
    open: Option<Open>,
    /// Streams of objects that are asked for before it is their turn, by their place among the deliveries.
    ahead: VecDeque<(usize, Stream)>,
    unknown_columns: BTreeSet<String>,
    empty: Vec<String>,
    fingerprints: Vec<String>,
    failed: bool,
}

/// A delivery that is being read.
struct Open {
    reader: Reader,
    print: Print,
    layout: Arc<Layout>,
}

enum Reader {
    Csv(Blocks<Box<dyn Read + Send>>),
    Parquet(Batches),
    /// A file of no bytes, as a writer leaves for a share without rows.
    Nothing,
    Journal(journal::Reader),
}

/// The bytes of an object that is read front to back.
enum ObjectBytes {
    /// As an earlier pass read them.
    Kept(Piece),
    /// As its store sends them.
    Asked(Stream),
}

/// What tells the bytes that were read from others.
enum Print {
    /// The hash of what was read so far.
    Read(Fingerprint),
    /// That of a file, whatever stands under its name by now.
    Of(File, PathBuf),
    /// What a store says.
    Said(String),
}

impl Print {
    fn text(&self) -> Result<String> {
        match self {
            Self::Read(fingerprint) => Ok(fingerprint.text()),
            Self::Of(file, path) => fingerprint_of(file, path),
            Self::Said(text) => Ok(text.clone()),
        }
    }
}

/// The rows of a Parquet file.
struct Batches {
    reader: Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send>,
    /// The columns that hold UUIDs as sixteen bytes.
    uuids: Vec<usize>,
}

impl Batches {
    /// Of a file whose bytes can be read anywhere.
    fn of(bytes: impl ChunkReader + 'static) -> parquet::errors::Result<(Self, Vec<String>)> {
        let metadata = parquet_types::load(&bytes)?;
        let (uuids, names, rows) = Self::shape(&metadata);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
        let reader = Box::new(builder.with_batch_size(rows).build()?);
        Ok((Self { reader, uuids }, names))
    }

    /// Of an object, a row group at a time.
    fn of_object(object: &Object) -> parquet::errors::Result<(Self, Vec<String>)> {
        let metadata = parquet_types::of(object.parquet_metadata()?)?;
        let (uuids, names, rows) = Self::shape(&metadata);
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(object.clone(), metadata);
        let mut stream = builder.with_batch_size(rows).build()?;
        let object = object.clone();
        let next = move || Some(object.wait(stream.next())?.map_err(ArrowError::from));
        Ok((Self { reader: Box::new(std::iter::from_fn(next)), uuids }, names))
    }

    /// Columns of UUIDs, names of columns, and how many rows make a batch: wide ones come in small batches, near 16 MiB each.
    fn shape(metadata: &ArrowReaderMetadata) -> (Vec<usize>, Vec<String>, usize) {
        let groups = metadata.metadata().row_groups();
        let bytes: i64 = groups.iter().map(|group| group.total_byte_size()).sum();
        let rows: i64 = groups.iter().map(|group| group.num_rows()).sum();
        let row_bytes = (bytes / rows.max(1)).max(1);
        let batch_rows = usize::try_from((16 << 20) / row_bytes).unwrap_or(1).clamp(64, 16 * 1024);
        let names = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        (parquet_types::uuid_columns(metadata.parquet_schema()), names, batch_rows)
    }

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

/// Objects that are asked for before it is their turn, each of which costs the way to the store and back; and about how much of them may
/// lie here meanwhile.
const OBJECTS_AHEAD: usize = 48;
const BYTES_AHEAD: u64 = 16 << 20;

impl<'a> Feed<'a> {
    /// All units of these deliveries of `table`, which has rows already or not.
    pub fn new(table: &'static Table, deliveries: &'a [Delivery], has_rows: bool, spool: Option<&'a Spool>) -> Self {
        Self { table, deliveries, spool, is_of_several: has_rows || deliveries.len() > 1, state: Mutex::default() }
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
                let place = state.next_file;
                let bytes = self.object(state);
                state.next_file += 1;
                let (reader, print, header) = self.open(place, delivery, bytes)?;
                if matches!(reader, Reader::Nothing) {
                    state.empty.push(delivery.name().to_owned());
                }
                let layout = match reader {
                    Reader::Journal(_) | Reader::Nothing => Layout::default(),
                    _ => Layout::of(self.table, &header, &delivery.source)
                        .map_err(|error| error.context(delivery.name()))?,
                };
                state.unknown_columns.extend(layout.extra.iter().map(|(_, name)| name.clone()));
                state.open = Some(Open { reader, print, layout: Arc::new(layout) });
            }
            let file = state.next_file - 1;
            let Some(Open { reader, print, layout }) = &mut state.open else { continue };
            let rows = match reader {
                Reader::Csv(blocks) => {
                    blocks.next_block().map_err(|error| wrong_csv(&self.deliveries[file], &error))?.map(Rows::Csv)
                }
                Reader::Parquet(batches) => {
                    batches.next_batch().map_err(|error| self.unreadable(file, &error))?.map(Rows::Parquet)
                }
                Reader::Nothing => None,
                Reader::Journal(reader) => {
                    let answers = next_answers(reader)?;
                    if answers.is_none() {
                        check_whole(reader, &self.deliveries[file])?;
                    }
                    answers.map(Rows::Answers)
                }
            };
            match rows {
                None => {
                    state.fingerprints.push(print.text()?);
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

    /// The bytes of the next delivery, where it is an object: kept by an earlier pass, or asked for; those behind it are asked for
    /// meanwhile.
    fn object(&self, state: &mut State) -> Option<ObjectBytes> {
        let next = state.next_file;
        if let Some(piece) = self.spool.and_then(|spool| spool.kept(next)) {
            return Some(ObjectBytes::Kept(piece));
        }
        let mut wanted = state.ahead.back().map_or(next, |(last, _)| last + 1).max(next);
        let mut bytes: u64 = state.ahead.iter().map(|(_, stream)| stream.most_ahead()).sum();
        while (wanted == next || bytes < BYTES_AHEAD && state.ahead.len() < OBJECTS_AHEAD)
            && let Some(Location::Object(object)) = self.deliveries.get(wanted).map(|delivery| &delivery.at)
        {
            let is_kept = self.spool.is_some_and(|spool| spool.kept(wanted).is_some());
            if !is_kept && self.is_streamed(wanted, object) {
                let stream = object.stream();
                bytes += stream.most_ahead();
                state.ahead.push_back((wanted, stream));
            }
            wanted += 1;
        }
        let is_next = state.ahead.front().is_some_and(|(place, _)| *place == next);
        state.ahead.pop_front_if(|_| is_next).map(|(_, stream)| ObjectBytes::Asked(stream))
    }

    /// Whether an object is read front to back: of a large Parquet file that cannot be kept, ranges are asked for.
    fn is_streamed(&self, place: usize, object: &Object) -> bool {
        let has_room = || self.spool.is_some_and(|spool| spool.has_room(object.size()));
        object.size() > 0 && (self.deliveries[place].format != Format::Parquet || has_room())
    }

    /// Opens a delivery and reads its columns. One of several may hold nothing.
    fn open(
        &self,
        place: usize,
        delivery: &Delivery,
        asked: Option<ObjectBytes>,
    ) -> Result<(Reader, Print, Vec<String>)> {
        let bad = |error: &dyn std::fmt::Display| unreadable(delivery, error);
        let (bytes, print): (Box<dyn Read + Send>, Print) = match &delivery.at {
            Location::Object(object) => {
                let print = Print::Said(object.fingerprint());
                if delivery.size_bytes == 0 && self.is_of_several {
                    return Ok(nothing(delivery, print));
                }
                if delivery.format == Format::Parquet {
                    let (batches, header) = self.open_parquet(place, delivery, object, asked)?;
                    return Ok((Reader::Parquet(batches), print, header));
                }
                let bytes: Box<dyn Read + Send> = match (asked, self.spool) {
                    (Some(ObjectBytes::Kept(piece)), _) => Box::new(piece),
                    (Some(ObjectBytes::Asked(stream)), Some(spool)) => spool.keeping(place, object.size(), stream),
                    (Some(ObjectBytes::Asked(stream)), None) => Box::new(stream),
                    (None, _) => Box::new(object.stream()),
                };
                (bytes, print)
            }
            Location::File(path) => {
                let failed = |source| Error::io("open", path, source);
                let mut file = File::open(path).map_err(failed)?;
                let handle = file.try_clone().map_err(failed)?;
                if delivery.size_bytes == 0 && self.is_of_several {
                    return Ok(nothing(delivery, Print::Of(handle, path.clone())));
                }
                match delivery.format {
                    Format::Journal { .. } => {
                        let reader = journal::Reader::over(path, file);
                        return Ok((Reader::Journal(reader), Print::Of(handle, path.clone()), Vec::new()));
                    }
                    Format::Parquet => {
                        let mut first = Vec::new();
                        file.by_ref()
                            .take(4)
                            .read_to_end(&mut first)
                            .map_err(|source| Error::io("read", path, source))?;
                        check_format(delivery, &first)?;
                        let (batches, header) = Batches::of(file).map_err(|error| bad(&error))?;
                        return Ok((Reader::Parquet(batches), Print::Of(handle, path.clone()), header));
                    }
                    _ => {
                        let fingerprint = Fingerprint::default();
                        (Box::new(Hashed { file, fingerprint: fingerprint.clone() }), Print::Read(fingerprint))
                    }
                }
            }
        };
        let bytes = checked(delivery, bytes)?;
        let bytes: Box<dyn Read + Send> = match delivery.format {
            Format::CsvGzip => Box::new(MultiGzDecoder::new(bytes)),
            Format::CsvZstd => Box::new(zstd::Decoder::new(bytes).map_err(|error| bad(&error))?),
            Format::Csv | Format::Parquet | Format::Journal { .. } => bytes,
        };
        match Blocks::new(bytes) {
            Ok((header, blocks)) => Ok((Reader::Csv(blocks), print, header.names().to_vec())),
            Err(CsvError::Empty) if self.is_of_several => Ok(nothing(delivery, print)),
            Err(error) => Err(wrong_csv(delivery, &error)),
        }
    }

    /// Opens a Parquet file of a store: what is kept of it, or else ranges of it.
    fn open_parquet(
        &self,
        place: usize,
        delivery: &Delivery,
        object: &Object,
        asked: Option<ObjectBytes>,
    ) -> Result<(Batches, Vec<String>)> {
        let bad = |error: &dyn std::fmt::Display| unreadable(delivery, error);
        let piece = match (asked, self.spool) {
            (Some(ObjectBytes::Kept(piece)), _) => Some(piece),
            (Some(ObjectBytes::Asked(stream)), Some(spool)) => {
                let kept = spool.keep(place, object.size(), stream);
                kept.map_err(|source| delivery.at.unread(&source))?
            }
            _ => None,
        };
        let Some(piece) = piece else {
            check_format(delivery, &object.bytes(0..4)?)?;
            return Batches::of_object(object).map_err(|error| bad(&error));
        };
        let mut first = Vec::new();
        piece.clone().take(4).read_to_end(&mut first).map_err(|error| bad(&error))?;
        check_format(delivery, &first)?;
        Batches::of(piece).map_err(|error| bad(&error))
    }

    fn unreadable(&self, file: usize, error: &dyn std::fmt::Display) -> Error {
        unreadable(&self.deliveries[file], error)
    }
}

/// A delivery that is not what its name says, or ends too early; or that its store did not give.
pub fn unreadable(delivery: &Delivery, error: &dyn std::fmt::Display) -> Error {
    delivery.at.failure().unwrap_or_else(|| {
        Error::data(format!("{}: {error}", delivery.name()))
            .hint("the file may be cut off or still arriving: deliver it again; nothing of it was taken")
    })
}

/// A delivery that is no CSV as it must be, or that its store did not give.
pub fn wrong_csv(delivery: &Delivery, error: &CsvError) -> Error {
    let wrong = || Error::data(format!("{}: {error}", delivery.name())).hint(error.hint());
    delivery.at.failure().unwrap_or_else(wrong)
}

/// The bytes of a file whose format is what its name says.
fn checked(delivery: &Delivery, mut bytes: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>> {
    let mut first = Vec::new();
    bytes.by_ref().take(4).read_to_end(&mut first).map_err(|source| delivery.at.unread(&source))?;
    check_format(delivery, &first)?;
    Ok(Box::new(Cursor::new(first).chain(bytes)))
}

/// Refuses a file that begins as one of another format than its name says: what is said further on would not be the cause.
fn check_format(delivery: &Delivery, first: &[u8]) -> Result<()> {
    if delivery.format.begins(first) {
        return Ok(());
    }
    let message = format!("{}: this is not {}, though its name says so", delivery.name(), delivery.format.name());
    Err(Error::data(message).hint(
        "give it the ending that says what it is; a browser may have unpacked it on its way; nothing of it was taken",
    ))
}

/// A file without a byte in it, as a writer leaves for a share that has no rows.
fn nothing(delivery: &Delivery, print: Print) -> (Reader, Print, Vec<String>) {
    debug!(file = delivery.name(), "{} holds nothing", delivery.name());
    (Reader::Nothing, print, Vec::new())
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

/// XXH3-128 of the bytes of an open file, in hexadecimal, whatever stands under its name by now.
fn fingerprint_of(file: &File, path: &Path) -> Result<String> {
    let failed = |source| Error::io("read", path, source);
    let mut file = file.try_clone().map_err(failed)?;
    file.rewind().map_err(failed)?;
    fingerprint::of_reader(file).map_err(failed)
}
