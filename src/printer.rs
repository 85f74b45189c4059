//! What a person or a program is shown: values as text, tables of rows, the summary of a run. Standard output is for
//! results; logs go elsewhere.

pub mod csv;
pub mod explanation;
pub mod progress;
pub mod rows;
pub mod summary;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use crate::error::{Error, Result};
use crate::value::{decimal, timestamp};

/// A value as every output writes it, or `None` for null: decimals in plain notation without trailing zeros, days and
/// instants in ISO 8601 (UTC).
///
/// # Errors
/// Failed for a type that has no text.
pub fn text_of(array: &dyn Array, row: usize) -> Result<Option<String>> {
    let mut text = String::new();
    Ok(push_text(array, row, &mut text)?.then_some(text))
}

/// Appends what [`text_of`] says; false for null, of which there is nothing.
///
/// # Errors
/// As [`text_of`].
pub fn push_text(array: &dyn Array, row: usize, text: &mut String) -> Result<bool> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Ok(false);
    }
    match array.data_type() {
        DataType::Utf8 => text.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => text.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => text.push_str(array.as_string_view().value(row)),
        DataType::Boolean => text.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int64 => text.push_str(&array.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::Decimal128(_, 18) => decimal::write(array.as_primitive::<Decimal128Type>().value(row), text),
        DataType::Decimal128(_, scale) => {
            text.push_str(&trimmed(&array.as_primitive::<Decimal128Type>().value(row).to_string(), *scale));
        }
        DataType::Decimal256(_, scale) => {
            text.push_str(&trimmed(&array.as_primitive::<Decimal256Type>().value(row).to_string(), *scale));
        }
        DataType::Date32 => timestamp::write_day(i64::from(array.as_primitive::<Date32Type>().value(row)), text),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            timestamp::write(array.as_primitive::<TimestampMicrosecondType>().value(row), text);
        }
        other => {
            let shown = arrow::util::display::array_value_to_string(array, row)
                .map_err(|error| Error::failed(format!("a value of type {other} cannot be printed: {error}")))?;
            text.push_str(&shown);
        }
    }
    Ok(true)
}

/// Digits with a point put `scale` from the end, plain and without trailing zeros.
fn trimmed(digits: &str, scale: i8) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let Ok(scale) = usize::try_from(scale) else {
        return format!("{sign}{digits}{}", "0".repeat(usize::from(scale.unsigned_abs())));
    };
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// One row as a JSON object; numbers keep every digit.
///
/// # Errors
/// Failed for a type that has no text.
pub fn json_of_row(batch: &RecordBatch, row: usize) -> Result<String> {
    let mut json = String::from("{");
    for (place, (field, array)) in batch.schema().fields().iter().zip(batch.columns()).enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push_str(&quoted(field.name()));
        json.push(':');
        match text_of(array, row)? {
            None => json.push_str("null"),
            Some(text) if is_bare(array.data_type()) => json.push_str(&text),
            Some(text) => json.push_str(&quoted(&text)),
        }
    }
    json.push('}');
    Ok(json)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Types that JSON writes without quotes. A float may be no number at all, so it is quoted.
fn is_bare(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_decimal() || *kind == DataType::Boolean
}

/// `1 row`, `2 rows`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether values line up on the right.
pub fn is_numeric(kind: &DataType) -> bool {
    kind.is_numeric()
}
