//! Delivered files: what they are of, and in which order their rows count.

use std::cmp::Ordering;
use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use crate::catalog::{Origin, Table};
use crate::place::location::Location;
use crate::value::timestamp;

/// One file of a known table: an export file, or the journal of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The schema of its tables.
    pub schema: &'static str,
    /// The table's name; of a journal, that of the endpoint and its root table.
    pub table: &'static str,
    /// Where it is.
    pub at: Location,
    /// Its name in messages and in `_source_file`.
    pub source: SourceFile,
    /// How its bytes are to be read.
    pub format: Format,
    /// Its size.
    pub size_bytes: u64,
    /// When it was last written, microseconds since the epoch.
    pub modified_at: i64,
}

/// A delivered file as rows remember it, ordered as its rows count: later transfers over earlier ones, later parts
/// over earlier ones. A flat file says nothing of its transfer and counts as the earliest. Where the name does not tell, the folder
/// `dt=2024-03-02` does: the files of one such folder are one transfer, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceFile {
    /// Relative to the folder the files were found in, `/` between its parts.
    pub name: String,
    /// Time of the transfer (microseconds, UTC) and number of the part, read from the name.
    pub transfer: Option<(i64, u64)>,
}

/// Encodings of a delivered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV as it is.
    Csv,
    /// CSV under gzip.
    CsvGzip,
    /// CSV under Zstandard.
    CsvZstd,
    /// Parquet.
    Parquet,
    /// Answers of the API, as they were received.
    Journal {
        /// How many there are.
        answers: u64,
    },
}

impl Format {
    /// Whether a file may be of this format by its first four bytes. Fewer of them may, too; and any bytes may be CSV.
    pub fn begins(self, bytes: &[u8]) -> bool {
        let is = |magic: &[u8]| bytes.iter().zip(magic).all(|(byte, of_magic)| byte == of_magic);
        match self {
            Self::Parquet => is(b"PAR1"),
            Self::CsvGzip => is(&[0x1f, 0x8b]),
            // A frame of data, or one that is to be skipped, with which parallel writers begin.
            Self::CsvZstd => {
                is(&[0x28, 0xb5, 0x2f, 0xfd]) || (0x50..0x60).any(|number| is(&[number, 0x2a, 0x4d, 0x18]))
            }
            Self::Csv | Self::Journal { .. } => true,
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::CsvGzip => "gzip",
            Self::CsvZstd => "Zstandard",
            Self::Parquet => "Parquet",
            Self::Journal { .. } => "a journal",
        }
    }
}

impl Delivery {
    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Whether rows of this table are in it.
    pub fn feeds(&self, table: &'static Table) -> bool {
        match table.origin {
            Origin::Answers => matches!(self.format, Format::Journal { .. }),
            _ => self.schema == table.origin.schema() && self.table == table.root().name,
        }
    }
}

/// When a file was last written: microseconds since the epoch, 0 where the system does not say.
pub fn modified_at(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    modified.and_then(|time| i64::try_from(time.as_micros()).ok()).unwrap_or_default()
}

impl SourceFile {
    /// A file by the name that `_source_file` holds.
    pub fn named(name: String) -> Self {
        let mut parts = name.rsplit('/');
        let by_name = parts.next().and_then(|file| file.split('.').next()).and_then(parse_transfer);
        let transfer =
            by_name.or_else(|| parts.find_map(|folder| parse_day(folder.strip_prefix("dt=")?)).map(|day| (day, 0)));
        Self { transfer, name }
    }

    /// Names and values of the folders `name=value` that it lies in, the innermost first; a value may be null.
    pub fn folders(&self) -> Vec<(String, Option<String>)> {
        let pair = |folder: &str| {
            let (name, value) = folder.split_once('=')?;
            let value = Some(value).filter(|value| *value != "__HIVE_DEFAULT_PARTITION__");
            Some((percent_decoded(name), value.map(percent_decoded)))
        };
        self.name.rsplit('/').skip(1).filter_map(pair).collect()
    }
}

/// The bytes that `%20` and the like stand for. Others stay as they are.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = behind.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Ord for SourceFile {
    fn cmp(&self, other: &Self) -> Ordering {
        self.transfer.cmp(&other.transfer).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for SourceFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The midnight of `2024-03-02`.
fn parse_day(text: &str) -> Option<i64> {
    timestamp::parse(text.as_bytes()).ok().filter(|_| text.len() == "2024-03-02".len())
}

/// `7_20240302040000` as (microseconds, part).
fn parse_transfer(stem: &str) -> Option<(i64, u64)> {
    let (part, time) = stem.split_once('_')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(part) || !digits(time) || time.len() != 14 {
        return None;
    }
    let time = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%d%H%M%S").ok()?;
    Some((time.and_utc().timestamp_micros(), part.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_as_numbers_and_transfers_by_their_time() {
        let mut files: Vec<SourceFile> = [
            "events/dt=2024-03-02/10_20240302040000.csv",
            "events/dt=2024-03-03/1_20240303040000.csv",
            "events/dt=2024-03-02/9_20240302040000.csv",
            "events.csv",
        ]
        .map(|name| SourceFile::named(name.to_owned()))
        .into();
        files.sort();
        let names: Vec<_> = files.iter().map(|file| file.name.rsplit('/').next().unwrap_or_default()).collect();
        assert_eq!(names, ["events.csv", "9_20240302040000.csv", "10_20240302040000.csv", "1_20240303040000.csv"]);
    }

    #[test]
    fn where_the_name_does_not_tell_the_folder_of_the_day_does() {
        let time = |name: &str| SourceFile::named(name.to_owned()).transfer.map(|(time, _)| timestamp::text(time));
        let midnight = Some("2024-03-02T00:00:00Z".to_owned());
        assert_eq!(time("invoice/dt=2024-03-02/part-00000.c000.snappy.parquet"), midnight);
        assert_eq!(time("invoice/dt=2024-03-02/region=eu/part-00001.parquet"), midnight);
        assert_eq!(time("invoice/dt=2024-03-02/7_20240303040000.parquet"), Some("2024-03-03T04:00:00Z".to_owned()));
        assert_eq!(time("invoice/dt=yesterday/part-00000.parquet"), None);
        assert_eq!(time("invoice/part-00000.parquet"), None);
    }
}
