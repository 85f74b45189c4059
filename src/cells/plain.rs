//! Values of Parquet columns as text and as JSON, every digit kept.

use arrow::array::{Array, AsArray, FixedSizeBinaryArray, StringArray, StructArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::value::{Invalid, json, timestamp};

/// The text of a value: numbers in plain notation, days and instants in ISO 8601, UTC; bytes in hexadecimal. `None` where there
/// is none.
pub fn text_of(array: &dyn Array, row: usize) -> Option<String> {
    let instant = |value: i64, per_second: i64| timestamp::from_unit(value, per_second).ok();
    match array.data_type() {
        DataType::FixedSizeBinary(16) => Some(uuid(array.as_fixed_size_binary().value(row))),
        DataType::Timestamp(unit, _) => {
            let micros = match unit {
                TimeUnit::Second => instant(array.as_primitive::<TimestampSecondType>().value(row), 1),
                TimeUnit::Millisecond => instant(array.as_primitive::<TimestampMillisecondType>().value(row), 1_000),
                TimeUnit::Microsecond => {
                    instant(array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000)
                }
                TimeUnit::Nanosecond => {
                    instant(array.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000)
                }
            };
            micros.map(timestamp::text)
        }
        DataType::Date32 => {
            instant(i64::from(array.as_primitive::<Date32Type>().value(row)) * 86_400, 1).map(timestamp::day)
        }
        DataType::Date64 => instant(array.as_primitive::<Date64Type>().value(row), 1_000).map(timestamp::day),
        _ => ArrayFormatter::try_new(array, &FormatOptions::new()).ok()?.value(row).try_to_string().ok(),
    }
}

/// UUIDs that a file holds as sixteen bytes, as text.
pub fn uuid_texts(uuids: &FixedSizeBinaryArray) -> StringArray {
    uuids.iter().map(|bytes| bytes.map(uuid)).collect()
}

/// Sixteen bytes as a UUID is written; bytes of another number as they are.
fn uuid(bytes: &[u8]) -> String {
    match uuid::Uuid::from_slice(bytes) {
        Ok(uuid) => uuid.hyphenated().to_string(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Appends a value as JSON: maps and structs as objects, lists as arrays, numbers with all their digits, anything else as text.
///
/// # Errors
/// Why it cannot be JSON: a number that is none, text that is not UTF-8, a map with a key twice.
pub fn json_of(array: &dyn Array, row: usize, out: &mut String) -> Result<(), Invalid> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Utf8 => push_string(array.as_string::<i32>().value(row), out),
        DataType::LargeUtf8 => push_string(array.as_string::<i64>().value(row), out),
        DataType::Utf8View => push_string(array.as_string_view().value(row), out),
        DataType::Binary => push_bytes(array.as_binary::<i32>().value(row), out)?,
        DataType::LargeBinary => push_bytes(array.as_binary::<i64>().value(row), out)?,
        DataType::BinaryView => push_bytes(array.as_binary_view().value(row), out)?,
        DataType::FixedSizeBinary(16) => push_string(&uuid(array.as_fixed_size_binary().value(row)), out),
        DataType::FixedSizeBinary(_) => push_bytes(array.as_fixed_size_binary().value(row), out)?,
        DataType::Struct(fields) => {
            for (place, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                out.push(if place == 0 { '{' } else { ',' });
                push_string(field.name(), out);
                out.push(':');
                json_of(column, row, out)?;
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        DataType::Map(..) => push_map(&array.as_map().value(row), out)?,
        DataType::List(_) => push_list(&array.as_list::<i32>().value(row), out)?,
        DataType::LargeList(_) => push_list(&array.as_list::<i64>().value(row), out)?,
        DataType::FixedSizeList(..) => push_list(&array.as_fixed_size_list().value(row), out)?,
        DataType::ListView(_) => push_list(&array.as_list_view::<i32>().value(row), out)?,
        DataType::LargeListView(_) => push_list(&array.as_list_view::<i64>().value(row), out)?,
        DataType::Float32 | DataType::Float16 => return Err(Invalid::SinglePrecision),
        kind if kind.is_floating() => {
            let text = text_of(array, row).ok_or(Invalid::Json)?;
            // Infinities and what is no number have a text, but not in JSON.
            json::normalize(&text).map_err(|_| Invalid::Json)?;
            out.push_str(&text);
        }
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        kind if kind.is_integer() || kind.is_decimal() => out.push_str(&text_of(array, row).ok_or(Invalid::Json)?),
        _ => push_string(&text_of(array, row).ok_or(Invalid::Json)?, out),
    }
    Ok(())
}

fn push_list(list: &dyn Array, out: &mut String) -> Result<(), Invalid> {
    out.push('[');
    for row in 0..list.len() {
        if row > 0 {
            out.push(',');
        }
        json_of(list, row, out)?;
    }
    out.push(']');
    Ok(())
}

/// The entries of one map: a struct of keys and values.
fn push_map(entries: &StructArray, out: &mut String) -> Result<(), Invalid> {
    let (keys, values) = (entries.column(0), entries.column(1));
    let mut seen = Vec::with_capacity(entries.len());
    for row in 0..entries.len() {
        out.push(if row == 0 { '{' } else { ',' });
        let from = out.len();
        let mut key = String::new();
        json_of(keys, row, &mut key)?;
        match key.starts_with('"') {
            true => out.push_str(&key),
            false => push_string(&key, out),
        }
        seen.push(out[from..].to_owned());
        out.push(':');
        json_of(values, row, out)?;
    }
    out.push_str(if entries.is_empty() { "{}" } else { "}" });
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair[0] == pair[1]) { Err(Invalid::MapKeyRepeated) } else { Ok(()) }
}

fn push_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn push_bytes(bytes: &[u8], out: &mut String) -> Result<(), Invalid> {
    std::str::from_utf8(bytes).map(|text| push_string(text, out)).map_err(|_| Invalid::Utf8)
}
