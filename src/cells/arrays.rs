//! Whole columns of Parquet files into columns of the lake, whatever type a writer chose for them: exactly, or not at all.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};

use super::plain::{json_of, text_of};
use super::{Cells, describe};
use crate::catalog::Kind;
use crate::error::{Error, Result};
use crate::value::decimal::Read;
use crate::value::{Invalid, decimal, integer, timestamp};

type Pushed = std::result::Result<(), Invalid>;

impl Cells {
    /// Appends a whole Parquet column, exactly: numbers of any type and scale, doubles through their shortest text, text through
    /// the readers of CSV, days and instants of any unit, and for JSON columns maps, structs and lists. Numbers of single precision
    /// have lost digits that amounts need: they may only be integers. `bad` is told the row and reason of each cell that does not
    /// fit.
    ///
    /// # Errors
    /// Data when the column's Parquet type can never hold this kind of value.
    pub fn push_array(&mut self, array: &dyn Array, mut bad: impl FnMut(usize, String, Invalid)) -> Result<()> {
        // Where every cell is null a writer had to guess a type, which then says nothing.
        if array.logical_null_count() == array.len() {
            (0..array.len()).for_each(|_| self.push_null());
            return Ok(());
        }
        macro_rules! each {
            ($array:expr, $push:expr) => {{
                let typed = $array;
                self.push_each(array, &mut bad, |cells, row| ($push)(cells, typed.value(row)))
            }};
        }
        macro_rules! wholes {
            ($native:ty) => {
                match self.kind {
                    Kind::Integer => each!(array.as_primitive::<$native>(), |cells: &mut Self, value| {
                        cells.push_whole(i64::try_from(value).map_err(|_| Invalid::IntegerTooLarge)?);
                        Ok(())
                    }),
                    Kind::Decimal => each!(array.as_primitive::<$native>(), |cells: &mut Self, value| {
                        cells.push_decimal(decimal::rescale(i128::from(value), 0)?);
                        Ok(())
                    }),
                    Kind::Boolean => each!(array.as_primitive::<$native>(), |cells: &mut Self, value| {
                        match value {
                            0 | 1 => cells.push_boolean(value == 1),
                            _ => return Err(Invalid::Boolean),
                        }
                        Ok(())
                    }),
                    _ => return self.push_others(array, bad),
                }
            };
        }
        macro_rules! instants {
            ($native:ty, $per_second:expr) => {
                each!(array.as_primitive::<$native>(), |cells: &mut Self, value| {
                    cells.push_whole(timestamp::from_unit(value, $per_second)?);
                    Ok(())
                })
            };
        }
        macro_rules! decimals {
            ($native:ty, $scale:expr) => {
                each!(array.as_primitive::<$native>(), |cells: &mut Self, value| {
                    cells.push_exact(decimal::rescale(i128::from(value), $scale)?)
                })
            };
        }
        let is_number = matches!(self.kind, Kind::Decimal | Kind::Integer | Kind::Boolean);
        match (array.data_type(), self.kind) {
            (DataType::Utf8, _) => {
                each!(array.as_string::<i32>(), |cells: &mut Self, value: &str| cells
                    .push_text(value.as_bytes(), true));
            }
            (DataType::LargeUtf8, _) => {
                each!(array.as_string::<i64>(), |cells: &mut Self, value: &str| cells
                    .push_text(value.as_bytes(), true));
            }
            (DataType::Utf8View, _) => {
                each!(array.as_string_view(), |cells: &mut Self, value: &str| cells.push_text(value.as_bytes(), true));
            }
            (DataType::Binary, _) => each!(array.as_binary::<i32>(), Self::push_bytes),
            (DataType::LargeBinary, _) => each!(array.as_binary::<i64>(), Self::push_bytes),
            (DataType::BinaryView, _) => each!(array.as_binary_view(), Self::push_bytes),
            (DataType::FixedSizeBinary(_), _) => each!(array.as_fixed_size_binary(), Self::push_bytes),
            (DataType::Boolean, Kind::Boolean) => each!(array.as_boolean(), |cells: &mut Self, value| {
                cells.push_boolean(value);
                Ok(())
            }),
            (DataType::Int8, _) => wholes!(Int8Type),
            (DataType::Int16, _) => wholes!(Int16Type),
            (DataType::Int32, _) => wholes!(Int32Type),
            (DataType::Int64, _) => wholes!(Int64Type),
            (DataType::UInt8, _) => wholes!(UInt8Type),
            (DataType::UInt16, _) => wholes!(UInt16Type),
            (DataType::UInt32, _) => wholes!(UInt32Type),
            (DataType::UInt64, _) => wholes!(UInt64Type),
            (DataType::Decimal32(_, scale), _) if is_number => decimals!(Decimal32Type, *scale),
            (DataType::Decimal64(_, scale), _) if is_number => decimals!(Decimal64Type, *scale),
            (DataType::Decimal128(_, scale), _) if is_number => decimals!(Decimal128Type, *scale),
            // Wider than the lake's: whether a value fits is told by its text.
            (DataType::Decimal256(_, scale), _) if is_number => {
                each!(array.as_primitive::<Decimal256Type>(), |cells: &mut Self, value| {
                    cells.push_exact(decimal::parse(format!("{value}e{}", -i16::from(*scale)).as_bytes())?)
                });
            }
            (DataType::Float64, _) if is_number => {
                each!(array.as_primitive::<Float64Type>(), |cells: &mut Self, value| {
                    cells.push_read(decimal::from_double(value)?)
                });
            }
            (DataType::Float32, _) if is_number => {
                each!(array.as_primitive::<Float32Type>(), |cells: &mut Self, value| cells
                    .push_single(f64::from(value)));
            }
            (DataType::Float16, _) if is_number => {
                each!(array.as_primitive::<Float16Type>(), |cells: &mut Self, value| cells
                    .push_single(f64::from(value)));
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
            // A day is its midnight, as it is in text.
            (DataType::Date32, Kind::Timestamp) => {
                each!(array.as_primitive::<Date32Type>(), |cells: &mut Self, value| {
                    cells.push_whole(timestamp::from_unit(i64::from(value) * 86_400, 1)?);
                    Ok(())
                });
            }
            (DataType::Date64, Kind::Timestamp) => instants!(Date64Type, 1_000),
            _ => return self.push_others(array, bad),
        }
        Ok(())
    }

    /// Values that are no value of the column's kind, but have a text or are JSON, for columns of text or JSON.
    fn push_others(&mut self, array: &dyn Array, mut bad: impl FnMut(usize, String, Invalid)) -> Result<()> {
        let kind = array.data_type();
        match self.kind {
            Kind::Json | Kind::Object => {
                let mut json = String::new();
                self.push_each(array, &mut bad, |cells, row| {
                    json.clear();
                    json_of(array, row, &mut json)?;
                    cells.push_json(&json)
                });
            }
            // A double may have lost digits of an identifier, and would give one that is whole a point. An id may be a day, as
            // those of snapshots are, which programs that guess types take for dates.
            Kind::Text | Kind::Id | Kind::SentId
                if kind.is_integer()
                    || is_whole(kind)
                    || matches!(kind, DataType::Date32)
                    || (self.kind == Kind::Text && has_text(kind)) =>
            {
                self.push_each(array, &mut bad, |cells, row| {
                    cells.push_text(text_of(array, row).ok_or(Invalid::Text)?.as_bytes(), true)
                });
            }
            _ => {
                return Err(Error::data(format!("its Parquet type {kind} cannot hold {}", describe(self.kind)))
                    .hint("write the column as text, or as the type that the documentation of the table has for it"));
            }
        }
        Ok(())
    }

    /// Appends a cell for each row: null, or what `push` makes of it.
    fn push_each(
        &mut self,
        array: &dyn Array,
        bad: &mut impl FnMut(usize, String, Invalid),
        mut push: impl FnMut(&mut Self, usize) -> Pushed,
    ) {
        for row in 0..array.len() {
            if array.is_null(row) {
                self.push_null();
                continue;
            }
            let before = self.rows();
            if let Err(invalid) = push(self, row) {
                if self.rows() == before {
                    self.push_null();
                }
                bad(row, text_of(array, row).unwrap_or_default(), invalid);
            }
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> Pushed {
        std::str::from_utf8(bytes).map_err(|_| Invalid::Utf8).and_then(|text| self.push_text(text.as_bytes(), true))
    }

    /// A decimal as such, or as the integer or the truth that it is.
    fn push_exact(&mut self, units: i128) -> Pushed {
        match self.kind {
            Kind::Integer => self.push_whole(integer::of_decimal(units)?),
            Kind::Boolean => match integer::of_decimal(units) {
                Ok(value @ 0..=1) => self.push_boolean(value == 1),
                _ => return Err(Invalid::Boolean),
            },
            _ => self.push_decimal(units),
        }
        Ok(())
    }

    /// A number of single precision, for a column in which it can have lost nothing.
    fn push_single(&mut self, value: f64) -> Pushed {
        match self.kind {
            Kind::Decimal => Err(Invalid::SinglePrecision),
            _ => self.push_read(decimal::from_double(value)?),
        }
    }

    fn push_read(&mut self, read: Read) -> Pushed {
        self.rounded += u64::from(read.is_rounded);
        if read.is_rounded && self.kind != Kind::Decimal {
            return Err(if self.kind == Kind::Boolean { Invalid::Boolean } else { Invalid::Integer });
        }
        self.push_exact(read.units)
    }
}

fn is_whole(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Decimal32(_, 0) | DataType::Decimal64(_, 0) | DataType::Decimal128(_, 0) | DataType::Decimal256(_, 0)
    )
}

fn has_text(kind: &DataType) -> bool {
    kind.is_decimal()
        || matches!(kind, DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
}
