//! The mark of sample data: a file `_sample` beside export files that were made up to try the pipeline, so that files of a
//! company's own beside them, or in their place, are told from them whatever the settings say.
//!
//! It has a line for each file: what its first row begins with, two blanks, its name. By the row and not by name or bytes: own
//! files have the same names, and a sample that somebody changed to try something is still one.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::place::location::Location;
use crate::source::delivery::{Delivery, Format};

/// The mark's name. Files that begin with `_` are no data.
pub(super) const MARK: &str = "_sample";

/// The longest line that the mark's rows can have, header or not.
const LONGEST_LINE: u64 = 64 << 10;

/// Whether these files, all that are delivered, are the sample account's; `mark` is what stands beside them.
///
/// # Errors
/// Usage (exit 2) where there is a mark and a file is none of the sample's; failed where a file cannot be read.
pub fn is_sample(mark: Option<&Location>, deliveries: &[Delivery]) -> Result<bool> {
    let Some(mark) = mark else { return Ok(false) };
    let mut text = String::new();
    mark.open()?.read_to_string(&mut text).map_err(|source| mark.unread(&source))?;
    let known: BTreeSet<&str> = text.lines().filter_map(|line| Some(line.split_once("  ")?.0)).collect();
    for delivery in deliveries {
        let first = first_row(delivery)?;
        if !first.is_some_and(|first| first.is_empty() || known.contains(first.as_str())) {
            return Err(Error::usage(format!(
                "{} is none of the sample account's files, and {mark} says that this folder is the sample's",
                delivery.at,
            ))
            .hint(
                "sample and own data never meet: `etl init DIR` makes a project for files of your own; or take the sample's \
                 out of this folder, `_sample` with them",
            ));
        }
    }
    Ok(true)
}

/// What the first row of a CSV begins with, and its column: `id=4711`. Empty where there is no row, none where it is no CSV.
fn first_row(delivery: &Delivery) -> Result<Option<String>> {
    let bytes = match delivery.format {
        Format::Csv | Format::CsvGzip => delivery.at.open()?,
        Format::CsvZstd | Format::Parquet | Format::Journal { .. } => return Ok(None),
    };
    let reader: Box<dyn Read> = match delivery.format {
        Format::CsvGzip => Box::new(MultiGzDecoder::new(bytes)),
        _ => bytes,
    };
    let mut lines = BufReader::new(reader.take(2 * LONGEST_LINE));
    let mut cell = || -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        let cell = line.split(|byte| matches!(byte, b',' | b'\n' | b'\r')).next().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(cell).into_owned()).filter(|_| !line.is_empty()))
    };
    let cells = cell().and_then(|column| Ok((column, cell()?)));
    let (column, value) = cells.map_err(|source| delivery.at.unread(&source))?;
    Ok(Some(column.zip(value).map_or(String::new(), |(column, value)| format!("{column}={value}"))))
}
