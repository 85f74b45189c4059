//! Columns under construction: delivered cells in, typed Arrow arrays out.
//!
//! A cell that cannot be typed becomes null and is reported to the caller, who drops its row; nothing is guessed. Empty text is
//! null, in every column of every source: whether a writer puts quotes around nothing says nothing.

mod arrays;
mod plain;

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, TimeUnit};

use crate::catalog::Kind;
use crate::error::{Error, Result};
use crate::value::{Invalid, boolean, decimal, integer, json, timestamp};

pub use plain::{json_of, text_of, uuid_texts};

/// The Arrow type of a column's kind in lake files.
pub fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Id | Kind::SentId | Kind::Text | Kind::Json | Kind::Object => DataType::Utf8,
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Decimal => DataType::Decimal128(decimal::PRECISION, decimal::SCALE as i8),
        Kind::Integer => DataType::Int64,
        Kind::Boolean => DataType::Boolean,
    }
}

/// A column that grows cell by cell.
pub struct Cells {
    kind: Kind,
    values: Values,
    valid: Vec<bool>,
    rounded: u64,
}

enum Values {
    Text { bytes: Vec<u8>, ends: Vec<i32> },
    Whole(Vec<i64>),
    Decimal(Vec<i128>),
    Boolean(Vec<bool>),
}

impl Cells {
    /// An empty column with room for `rows` cells.
    pub fn new(kind: Kind, rows: usize) -> Self {
        let values = match kind {
            Kind::Id | Kind::SentId | Kind::Text | Kind::Json | Kind::Object => {
                let mut ends = Vec::with_capacity(rows + 1);
                ends.push(0);
                Values::Text { bytes: Vec::with_capacity(rows * 16), ends }
            }
            Kind::Timestamp | Kind::Integer => Values::Whole(Vec::with_capacity(rows)),
            Kind::Decimal => Values::Decimal(Vec::with_capacity(rows)),
            Kind::Boolean => Values::Boolean(Vec::with_capacity(rows)),
        };
        Self { kind, values, valid: Vec::with_capacity(rows), rounded: 0 }
    }

    /// Appends null.
    pub fn push_null(&mut self) {
        match &mut self.values {
            Values::Text { bytes, ends } => ends.push(end(bytes)),
            Values::Whole(values) => values.push(0),
            Values::Decimal(values) => values.push(0),
            Values::Boolean(values) => values.push(false),
        }
        self.valid.push(false);
    }

    /// Appends a cell of text. Empty text is null, and so is an unquoted `\\N`.
    ///
    /// # Errors
    /// Why the text is no value of this column; null was appended in its place.
    pub fn push_text(&mut self, cell: &[u8], quoted: bool) -> std::result::Result<(), Invalid> {
        if is_null(cell, quoted) {
            self.push_null();
            return Ok(());
        }
        let pushed = match self.kind {
            Kind::Id if is_word_for_null(cell) => Err(Invalid::NullWord),
            Kind::SentId if !quoted && cell.eq_ignore_ascii_case(b"null") => Err(Invalid::NullWord),
            Kind::Decimal if is_of_six_digits(cell) => Err(Invalid::SixDigits),
            _ => self
                .try_push_text(cell)
                .map_err(|invalid| if is_word_for_null(cell) { Invalid::NullWord } else { invalid }),
        };
        match pushed {
            Ok(()) => self.valid.push(true),
            Err(_) => self.push_null(),
        }
        pushed
    }

    /// Appends a JSON value, as written: text and timestamps from a string, true or false as themselves, numbers from a
    /// number or from a string that holds one, and for a JSON column whatever it is. Null and an empty string are null.
    ///
    /// # Errors
    /// Why it is no value of this column; null was appended in its place.
    pub fn push_json(&mut self, value: &str) -> std::result::Result<(), Invalid> {
        if matches!(value, "null" | "\"\"") {
            self.push_null();
            return Ok(());
        }
        let is_string = value.starts_with('"');
        let pushed = match (self.kind, json::text(value)) {
            (Kind::Json | Kind::Object, _) => self.try_push_text(value.as_bytes()),
            (Kind::Id | Kind::SentId | Kind::Text | Kind::Timestamp, Some(text)) if is_string => {
                self.try_push_text(text.as_bytes())
            }
            (Kind::Boolean, Some(text)) if !is_string => self.try_push_text(text.as_bytes()),
            (Kind::Integer | Kind::Decimal, Some(text)) => self.try_push_text(text.as_bytes()),
            (Kind::Id | Kind::SentId | Kind::Text, _) => Err(Invalid::Text),
            (Kind::Timestamp, _) => Err(Invalid::Timestamp),
            (Kind::Boolean, _) => Err(Invalid::Boolean),
            (Kind::Integer, None) => Err(Invalid::Integer),
            (Kind::Decimal, None) => Err(Invalid::Decimal),
        };
        match pushed {
            Ok(()) => self.valid.push(true),
            Err(_) => self.push_null(),
        }
        pushed
    }

    fn try_push_text(&mut self, cell: &[u8]) -> std::result::Result<(), Invalid> {
        match (&mut self.values, self.kind) {
            (Values::Text { bytes, ends }, Kind::Json | Kind::Object) => {
                let text = std::str::from_utf8(cell).map_err(|_| Invalid::Utf8)?;
                let json = if self.kind == Kind::Object { json::object(text)? } else { json::normalize(text)? };
                bytes.extend_from_slice(json.as_bytes());
                ends.push(end(bytes));
            }
            (Values::Text { bytes, ends }, kind) => {
                if matches!(kind, Kind::Id | Kind::SentId) {
                    check_id(cell, kind)?;
                }
                bytes.extend_from_slice(&as_kept(cell, kind));
                ends.push(end(bytes));
            }
            (Values::Whole(values), Kind::Timestamp) => values.push(timestamp::parse(cell)?),
            (Values::Whole(values), _) => values.push(integer::parse(cell)?),
            (Values::Decimal(values), _) => {
                let read = decimal::read(cell)?;
                values.push(read.units);
                self.rounded += u64::from(read.is_rounded);
            }
            (Values::Boolean(values), _) => values.push(boolean::parse(cell)?),
        }
        Ok(())
    }

    /// Appends an integer or an instant.
    pub fn push_whole(&mut self, value: i64) {
        match &mut self.values {
            Values::Whole(values) => {
                values.push(value);
                self.valid.push(true);
            }
            _ => self.push_null(),
        }
    }

    fn push_decimal(&mut self, value: i128) {
        match &mut self.values {
            Values::Decimal(values) => {
                values.push(value);
                self.valid.push(true);
            }
            _ => self.push_null(),
        }
    }

    /// Appends true or false.
    pub fn push_boolean(&mut self, value: bool) {
        match &mut self.values {
            Values::Boolean(values) => {
                values.push(value);
                self.valid.push(true);
            }
            _ => self.push_null(),
        }
    }

    /// How many decimals were rounded at their 18th fraction digit, being the texts of doubles.
    pub fn rounded(&self) -> u64 {
        self.rounded
    }

    /// How many cells there are.
    pub fn rows(&self) -> usize {
        self.valid.len()
    }

    /// Whether the cell at `row` is null.
    pub fn is_null(&self, row: usize) -> bool {
        !self.valid[row]
    }

    /// The finished column.
    ///
    /// # Errors
    /// Data when text is not UTF-8, which the caller should have found cell by cell.
    pub fn finish(self) -> Result<ArrayRef> {
        let nulls = Some(NullBuffer::from(self.valid)).filter(|nulls| nulls.null_count() > 0);
        Ok(match (self.values, self.kind) {
            (Values::Text { bytes, ends }, _) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                let array = StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls)
                    .map_err(|error| Error::data(format!("text is not UTF-8: {error}")))?;
                Arc::new(array)
            }
            (Values::Whole(values), Kind::Timestamp) => {
                Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC"))
            }
            (Values::Whole(values), _) => Arc::new(Int64Array::new(values.into(), nulls)),
            (Values::Decimal(values), _) => {
                Arc::new(Decimal128Array::new(values.into(), nulls).with_data_type(data_type(Kind::Decimal)))
            }
            (Values::Boolean(values), _) => Arc::new(BooleanArray::new(values.into(), nulls)),
        })
    }
}

/// What a column of this kind holds, as messages say it.
pub fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::SentId => "an identifier",
        Kind::Text => "text",
        Kind::Json => "JSON",
        Kind::Object => "a JSON object",
        Kind::Timestamp => "a timestamp",
        Kind::Decimal => "a decimal",
        Kind::Integer => "an integer",
        Kind::Boolean => "true or false",
    }
}

/// Whether a cell of text stands for nothing: empty, or the `\\N` that databases write without quotes.
pub fn is_null(cell: &[u8], quoted: bool) -> bool {
    cell.is_empty() || (!quoted && cell == b"\\N")
}

/// The text of a cell as the lake keeps it. A UUID is in small letters and without braces: some databases print theirs in others,
/// and ids are compared as text. Those that the sender of an event chose stay as they are.
pub fn as_kept(cell: &[u8], kind: Kind) -> Cow<'_, [u8]> {
    let inner = match cell {
        [b'{', inner @ .., b'}'] => inner,
        cell => cell,
    };
    let is_kept = inner.len() == cell.len() && !cell.iter().any(u8::is_ascii_uppercase);
    if kind != Kind::Id || is_kept || !is_uuid(inner) {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(inner.to_ascii_lowercase())
}

/// Whether it is written as a UUID: 8, 4, 4, 4 and 12 hexadecimal digits between hyphens.
fn is_uuid(text: &[u8]) -> bool {
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.iter().enumerate().all(fits)
}

/// Whether it is a word that programs write in the place of nothing, and that nobody calls anything by; among them the `\\N` that
/// stands in quotes, where it is text.
fn is_word_for_null(cell: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"null", b"(null)", b"nan", b"nat", b"<na>"];
    matches!(cell, b"None" | b"#N/A" | b"\\N") || WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

fn check_id(cell: &[u8], kind: Kind) -> std::result::Result<(), Invalid> {
    let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    if blank(cell.first()) || blank(cell.last()) || cell.iter().any(u8::is_ascii_control) {
        return Err(Invalid::Identifier);
    }
    if matches!(cell, [b'b', b'\'', .., b'\''] | [b'b', b'"', .., b'"']) {
        return Err(Invalid::BytesOfPython);
    }
    // The sender of an event may choose what it likes; in the vendor's ids these are what a program left there.
    if kind == Kind::Id && (matches!(cell.first(), Some(b'"' | b'\'')) || has_unseen_blank(cell)) {
        return Err(Invalid::Identifier);
    }
    // The vendor's ids are no numbers with a point; what the sender of an event chose may be one.
    if has_exponent(cell) || (kind == Kind::Id && cell.strip_suffix(b".0").is_some_and(is_digits)) {
        return Err(Invalid::NumberedIdentifier);
    }
    Ok(())
}

/// Whether a blank is in it that is not ASCII, or a mark without width, such as a byte order mark: two ids that look like one.
fn has_unseen_blank(cell: &[u8]) -> bool {
    let is_unseen =
        |letter: char| letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    !cell.is_ascii() && std::str::from_utf8(cell).is_ok_and(|text| text.chars().any(is_unseen))
}

/// Whether it is a long number as programs show or keep it: `1.23457E+11`, `1.2345678901234567e+17`, `1.2345678901234567E17`.
fn has_exponent(cell: &[u8]) -> bool {
    let Some(at) = cell.iter().position(|byte| matches!(byte, b'e' | b'E')) else { return false };
    let (mantissa, exponent) = (&cell[..at], &cell[at + 1..]);
    let mut parts = mantissa.splitn(2, |byte| matches!(byte, b'.' | b','));
    let is_one_digit = parts.next().is_some_and(|whole| whole.len() == 1 && is_digits(whole));
    let fraction = parts.next();
    // Without a point or a plus it may as well be hexadecimal.
    let is_number = fraction.is_some() || exponent.starts_with(b"+");
    is_one_digit
        && is_number
        && fraction.is_none_or(is_digits)
        && is_digits(exponent.strip_prefix(b"+").unwrap_or(exponent))
}

/// Whether it is a number as a spreadsheet shows one that is too long for its cell, and saves it: `1.23457E+11`, `1.23457E-05`.
fn is_of_six_digits(cell: &[u8]) -> bool {
    let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
    let [whole, b'.', fraction @ .., b'E', b'+' | b'-', tens, units] = unsigned else { return false };
    fraction.len() == 5 && fraction.iter().chain([whole, tens, units]).all(u8::is_ascii_digit)
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn end(bytes: &[u8]) -> i32 {
    // A unit holds at most 64 MiB of text.
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}
