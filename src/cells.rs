//! Columns under construction: delivered cells in, typed Arrow arrays out.
//!
//! A cell that cannot be typed becomes null and is reported to the caller, who drops its row; nothing is guessed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use crate::catalog::Kind;
use crate::error::{Error, Result};
use crate::value::{Invalid, boolean, decimal, integer, json, timestamp};

/// The Arrow type of a column's kind in lake files.
pub fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Id | Kind::Text | Kind::Json => DataType::Utf8,
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
            Kind::Id | Kind::Text | Kind::Json => {
                let mut ends = Vec::with_capacity(rows + 1);
                ends.push(0);
                Values::Text { bytes: Vec::with_capacity(rows * 16), ends }
            }
            Kind::Timestamp | Kind::Integer => Values::Whole(Vec::with_capacity(rows)),
            Kind::Decimal => Values::Decimal(Vec::with_capacity(rows)),
            Kind::Boolean => Values::Boolean(Vec::with_capacity(rows)),
        };
        Self { kind, values, valid: Vec::with_capacity(rows) }
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

    /// Appends a cell of text. An unquoted empty cell is null, as is a quoted one except in a text column.
    ///
    /// # Errors
    /// Why the text is no value of this column; null was appended in its place.
    pub fn push_text(&mut self, cell: &[u8], quoted: bool) -> std::result::Result<(), Invalid> {
        if cell.is_empty() && !(quoted && self.kind == Kind::Text) {
            self.push_null();
            return Ok(());
        }
        let pushed = self.try_push_text(cell);
        match pushed {
            Ok(()) => self.valid.push(true),
            Err(_) => self.push_null(),
        }
        pushed
    }

    /// Appends a JSON value, as written: text and timestamps from a string, true or false as themselves, numbers from a
    /// number or from a string that holds one, and for a JSON column whatever it is. Null is null.
    ///
    /// # Errors
    /// Why it is no value of this column; null was appended in its place.
    pub fn push_json(&mut self, value: &str) -> std::result::Result<(), Invalid> {
        if value == "null" {
            self.push_null();
            return Ok(());
        }
        let is_string = value.starts_with('"');
        let pushed = match (self.kind, json::text(value)) {
            (Kind::Json, _) => self.try_push_text(value.as_bytes()),
            (Kind::Id | Kind::Text, Some(text)) if is_string && (self.kind == Kind::Text || !text.is_empty()) => {
                self.try_push_text(text.as_bytes())
            }
            // An empty identifier is none.
            (Kind::Id, Some(text)) if is_string && text.is_empty() => {
                self.push_null();
                return Ok(());
            }
            (Kind::Timestamp, Some(text)) if is_string => self.try_push_text(text.as_bytes()),
            (Kind::Boolean, Some(text)) if !is_string => self.try_push_text(text.as_bytes()),
            // JSON has one kind of number: `30.0` is an integer, too.
            (Kind::Integer, Some(text)) => self.try_push_text(text.as_bytes()).or_else(|invalid| {
                self.push_value(integral(text.as_bytes()).ok_or(invalid)?);
                Ok(())
            }),
            (Kind::Decimal, Some(text)) => self.try_push_text(text.as_bytes()),
            (Kind::Id | Kind::Text, _) => Err(Invalid::Text),
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
            (Values::Text { bytes, ends }, Kind::Json) => {
                let text = std::str::from_utf8(cell).map_err(|_| Invalid::Utf8)?;
                bytes.extend_from_slice(json::normalize(text)?.as_bytes());
                ends.push(end(bytes));
            }
            (Values::Text { bytes, ends }, kind) => {
                if kind == Kind::Id {
                    check_id(cell)?;
                }
                bytes.extend_from_slice(cell);
                ends.push(end(bytes));
            }
            (Values::Whole(values), Kind::Timestamp) => values.push(timestamp::parse(cell)?),
            (Values::Whole(values), _) => values.push(integer::parse(cell)?),
            (Values::Decimal(values), _) => values.push(decimal::parse(cell)?),
            (Values::Boolean(values), _) => values.push(boolean::parse(cell)?),
        }
        Ok(())
    }

    fn push_value(&mut self, value: i64) {
        if let Values::Whole(values) = &mut self.values {
            values.push(value);
        }
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

    /// Appends a whole Parquet column, exactly: decimals of any scale, doubles through their shortest text, strings
    /// through the parsers of CSV, timestamps of any unit. `bad` is told the row and reason of each cell that does not
    /// fit.
    ///
    /// # Errors
    /// Data when the column's Parquet type can never hold this kind of value.
    pub fn push_array(&mut self, array: &dyn Array, mut bad: impl FnMut(usize, String, Invalid)) -> Result<()> {
        macro_rules! each {
            ($array:expr, $push:expr) => {{
                let typed = $array;
                for row in 0..typed.len() {
                    if typed.is_null(row) {
                        self.push_null();
                        continue;
                    }
                    let value = typed.value(row);
                    #[allow(clippy::redundant_closure_call, reason = "the closure is this arm's conversion")]
                    if let Err(invalid) = ($push)(self, &value) {
                        self.push_null();
                        bad(row, value.to_string(), invalid);
                    }
                }
            }};
        }
        macro_rules! texts {
            ($array:expr) => {{
                let typed = $array;
                for row in 0..typed.len() {
                    if typed.is_null(row) {
                        self.push_null();
                    } else if let Err(invalid) = self.push_text(typed.value(row).as_bytes(), true) {
                        bad(row, typed.value(row).to_owned(), invalid);
                    }
                }
            }};
        }
        macro_rules! bytes {
            ($array:expr) => {{
                let typed = $array;
                for row in 0..typed.len() {
                    let value = typed.value(row);
                    if typed.is_null(row) {
                        self.push_null();
                    } else if std::str::from_utf8(value).is_err() {
                        self.push_null();
                        bad(row, String::from_utf8_lossy(value).into_owned(), Invalid::Utf8);
                    } else if let Err(invalid) = self.push_text(value, true) {
                        bad(row, String::from_utf8_lossy(value).into_owned(), invalid);
                    }
                }
            }};
        }
        macro_rules! wholes {
            ($($variant:ident => $native:ty),*) => {
                match (array.data_type(), self.kind) {
                    $((DataType::$variant, Kind::Integer) => each!(array.as_primitive::<$native>(), |cells: &mut Self, value: &_| {
                        cells.push_whole(i64::try_from(*value).map_err(|_| Invalid::IntegerTooLarge)?);
                        Ok::<_, Invalid>(())
                    }),
                    (DataType::$variant, Kind::Decimal) => each!(array.as_primitive::<$native>(), |cells: &mut Self, value: &_| {
                        cells.push_decimal(decimal::rescale(i128::from(*value), 0)?);
                        Ok::<_, Invalid>(())
                    }),)*
                    _ => return Err(Error::data(format!(
                        "its Parquet type {} cannot hold {}", array.data_type(), describe(self.kind)
                    ))),
                }
            };
        }
        macro_rules! decimals {
            ($native:ty, $scale:expr) => {
                each!(array.as_primitive::<$native>(), |cells: &mut Self, value: &_| {
                    cells.push_decimal(decimal::rescale(i128::from(*value), $scale)?);
                    Ok::<_, Invalid>(())
                })
            };
        }
        macro_rules! instants {
            ($native:ty, $per_second:expr) => {
                each!(array.as_primitive::<$native>(), |cells: &mut Self, value: &i64| {
                    cells.push_whole(timestamp::from_unit(*value, $per_second)?);
                    Ok::<_, Invalid>(())
                })
            };
        }
        match (array.data_type(), self.kind) {
            (DataType::Null, _) => (0..array.len()).for_each(|_| self.push_null()),
            (DataType::Utf8, _) => texts!(array.as_string::<i32>()),
            (DataType::LargeUtf8, _) => texts!(array.as_string::<i64>()),
            (DataType::Utf8View, _) => texts!(array.as_string_view()),
            (DataType::Boolean, Kind::Boolean) => each!(array.as_boolean(), |cells: &mut Self, value: &bool| {
                if let Values::Boolean(values) = &mut cells.values {
                    values.push(*value);
                    cells.valid.push(true);
                }
                Ok::<_, Invalid>(())
            }),
            (DataType::Decimal32(_, scale), Kind::Decimal) => decimals!(Decimal32Type, *scale),
            (DataType::Decimal64(_, scale), Kind::Decimal) => decimals!(Decimal64Type, *scale),
            (DataType::Decimal128(_, scale), Kind::Decimal) => decimals!(Decimal128Type, *scale),
            (DataType::Float64, Kind::Decimal) => {
                each!(array.as_primitive::<Float64Type>(), |cells: &mut Self, value: &_| {
                    cells.push_decimal(decimal::from_double(*value)?);
                    Ok::<_, Invalid>(())
                });
            }
            (DataType::Float32, Kind::Decimal) => {
                // A single's shortest text, not that of the double it widens to.
                each!(array.as_primitive::<Float32Type>(), |cells: &mut Self, value: &_| {
                    let text: String = format!("{value}");
                    cells.push_decimal(decimal::parse(text.as_bytes())?);
                    Ok::<_, Invalid>(())
                });
            }
            (DataType::Timestamp(TimeUnit::Second, _), Kind::Timestamp) => instants!(TimestampSecondType, 1),
            (DataType::Timestamp(TimeUnit::Millisecond, _), Kind::Timestamp) => {
                instants!(TimestampMillisecondType, 1_000);
            }
            (DataType::Timestamp(TimeUnit::Microsecond, _), Kind::Timestamp) => {
                instants!(TimestampMicrosecondType, 1_000_000);
            }
            (DataType::Timestamp(TimeUnit::Nanosecond, _), Kind::Timestamp) => {
                instants!(TimestampNanosecondType, 1_000_000_000);
            }
            (DataType::Binary, _) => bytes!(array.as_binary::<i32>()),
            (DataType::LargeBinary, _) => bytes!(array.as_binary::<i64>()),
            (DataType::BinaryView, _) => bytes!(array.as_binary_view()),
            (DataType::Dictionary(_, _), _) => {
                let plain = arrow::compute::cast(array, &DataType::Utf8)
                    .map_err(|error| Error::data(format!("its values are no text: {error}")))?;
                texts!(plain.as_string::<i32>());
            }
            _ => wholes!(
                Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
                UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
            ),
        }
        Ok(())
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

/// The integer that a decimal is, where it is one.
fn integral(text: &[u8]) -> Option<i64> {
    let one = 10_i128.checked_pow(u32::from(decimal::SCALE))?;
    let value = decimal::parse(text).ok()?;
    (value % one == 0).then(|| i64::try_from(value / one).ok()).flatten()
}

/// What a column of this kind holds, as messages say it.
pub fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "an identifier",
        Kind::Text => "text",
        Kind::Json => "JSON",
        Kind::Timestamp => "a timestamp",
        Kind::Decimal => "a decimal",
        Kind::Integer => "an integer",
        Kind::Boolean => "true or false",
    }
}

fn check_id(cell: &[u8]) -> std::result::Result<(), Invalid> {
    let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    if blank(cell.first()) || blank(cell.last()) || cell.iter().any(u8::is_ascii_control) {
        return Err(Invalid::Identifier);
    }
    Ok(())
}

fn end(bytes: &[u8]) -> i32 {
    // A unit holds at most 64 MiB of text.
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}
