//! A unit of delivered rows, decoded: its keys in the first pass, its typed batch in the second.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use roaring::RoaringBitmap;
use twox_hash::XxHash3_128;

use super::answers;
use super::decoded::{BadCells, Decoded, Lineage, Oddities, kept, push_part};
use super::feed::{Rows, Unit, wrong_csv};
use super::keys::{KeyRecord, Place};
use super::layout::{self, Layout};
use crate::catalog::{Column, Kind, Table};
use crate::cells::{Cells, as_kept, describe, is_null, json_of, text_of};
use crate::error::{Error, Result};
use crate::printer::counted;
use crate::source::csv::{Block, Record};
use crate::source::delivery::Delivery;
use crate::value::{Invalid, integer, timestamp};

/// What decides which rows of a table are kept.
pub struct KeyColumns {
    /// The key, `environment_type` last where the table has it.
    pub key: Vec<&'static Column>,
    /// What marks the newest, most significant first; at most two.
    pub newest_by: Vec<&'static Column>,
}

impl KeyColumns {
    /// What decides for a table.
    pub fn of(table: &'static Table) -> Self {
        let find = |name: &&str| table.all_columns().find(|column| column.name == *name);
        let mut key: Vec<_> = table.key.iter().filter_map(find).collect();
        if table.has_environment() {
            key.extend(find(&"environment_type"));
        }
        let mut newest_by: Vec<_> = table.newest_by.iter().filter_map(find).collect();
        if table.is_answered() {
            key = answers::set_columns(table);
            newest_by.extend(find(&"_fingerprint"));
        }
        Self { key, newest_by }
    }
}

/// Counts the rows of a unit and collects the keys of those that have one; rows in `excluded` do not compete.
///
/// # Errors
/// Data (exit 3) when the structure of the file is at fault.
pub fn keys(
    unit: &Unit,
    table: &'static Table,
    columns: &KeyColumns,
    delivery: &Delivery,
    rank: u32,
    excluded: Option<&RoaringBitmap>,
    into: &mut Vec<KeyRecord>,
) -> Result<u32> {
    let mut rows = 0_u32;
    let mut scratch = Vec::with_capacity(128);
    let mut cell_scratch = Vec::new();
    let transferred_at = delivery.source.transfer.map(|(time, _)| time);
    let competes = |row: u32| !excluded.is_some_and(|rows| rows.contains(row));
    let mut push = |row: u32, key: &[u8], newest: [i64; 2], content: u32| {
        let place = Place::delivered(unit.ordinal, row);
        into.push(KeyRecord { hash: XxHash3_128::oneshot(key), newest, rank, content, place });
    };
    match &unit.rows {
        Rows::Csv(block) => {
            let place = |column: &Column| place_of(table, &unit.layout, column.name);
            let key: Vec<_> = columns.key.iter().map(|column| (place(column), column.kind, column.name)).collect();
            let newest_by: Vec<_> = columns.newest_by.iter().map(|column| (place(column), column.kind)).collect();
            each_record(block, &unit.layout, delivery, |record| {
                let row = rows;
                rows += 1;
                if record.is_ragged() || !competes(row) {
                    return;
                }
                scratch.clear();
                for (place, kind, name) in &key {
                    let cell = cell_at(place, record, &mut cell_scratch);
                    let whole = if *name == "_transferred_at" { Ok(transferred_at) } else { whole(cell, *kind) };
                    match whole {
                        Ok(Some(value)) => push_part(&mut scratch, &value.to_le_bytes()),
                        // Empty and absent are one: a file without environments is not another environment.
                        Ok(None) => push_part(&mut scratch, &as_kept(cell, *kind)),
                        Err(()) => return,
                    }
                }
                let mut newest = [i64::MIN; 2];
                for (slot, (place, kind)) in newest.iter_mut().zip(&newest_by) {
                    match whole(cell_at(place, record, &mut cell_scratch), *kind) {
                        Ok(value) => *slot = value.unwrap_or(i64::MIN),
                        Err(()) => return,
                    }
                }
                push(row, &scratch, newest, XxHash3_128::oneshot(record.bytes()) as u32 | 1);
            })?;
        }
        Rows::Parquet(batch) => {
            rows = batch.num_rows() as u32;
            let typed = |column: &&'static Column| -> Result<ArrayRef> {
                let mut cells = Cells::new(column.kind, batch.num_rows());
                if column.name == "_transferred_at" {
                    return Ok(transferred_at_array(transferred_at, batch.num_rows()));
                }
                let place = place_of(table, &unit.layout, column.name);
                push_column(&mut cells, column, place, batch, delivery, |_, _, _| {})?;
                cells.finish()
            };
            let key = columns.key.iter().map(typed).collect::<Result<Vec<_>>>()?;
            let newest_by = columns.newest_by.iter().map(typed).collect::<Result<Vec<_>>>()?;
            each_typed_key(&key, &newest_by, |row, key, newest| {
                if competes(row) {
                    push(row, key, newest, 0);
                }
            });
        }
        // Every answer is a row of its own, and no journal is taken twice.
        Rows::Answers(answers) => rows = answers.len() as u32,
    }
    Ok(rows)
}

/// Keys of typed rows, as the lake's files hold them; the same bytes as from text.
pub fn each_typed_key(key: &[ArrayRef], newest_by: &[ArrayRef], mut push: impl FnMut(u32, &[u8], [i64; 2])) {
    let rows = key.first().map_or(0, Array::len);
    let mut scratch = Vec::with_capacity(128);
    for row in 0..rows {
        scratch.clear();
        for array in key {
            if let Some(value) = whole_at(array, row) {
                push_part(&mut scratch, &value.to_le_bytes());
            } else if let (Some(texts), false) = (array.as_string_opt::<i32>(), array.is_null(row)) {
                push_part(&mut scratch, texts.value(row).as_bytes());
            } else {
                push_part(&mut scratch, &[]);
            }
        }
        let mut newest = [i64::MIN; 2];
        for (slot, array) in newest.iter_mut().zip(newest_by) {
            *slot = whole_at(array, row).unwrap_or(i64::MIN);
        }
        push(row as u32, &scratch, newest);
    }
}

fn whole_at(array: &ArrayRef, row: usize) -> Option<i64> {
    if array.is_null(row) {
        return None;
    }
    array
        .as_primitive_opt::<TimestampMicrosecondType>()
        .map(|values| values.value(row))
        .or_else(|| array.as_primitive_opt::<Int64Type>().map(|values| values.value(row)))
}

/// What stands at a place of a record; nothing where it stands for null.
fn cell_at<'s>(place: &'s layout::Place, record: Record<'s, '_>, scratch: &'s mut Vec<u8>) -> &'s [u8] {
    match place {
        layout::Place::At(place) => record.field(*place).map_or(&[], |field| {
            let is_quoted = field.is_quoted();
            let cell = field.bytes(scratch);
            if is_null(cell, is_quoted) { &[] } else { cell }
        }),
        layout::Place::Folder(Some(value)) => value.as_bytes(),
        layout::Place::Folder(None) | layout::Place::Missing => &[],
    }
}

/// The whole number of a timestamp or integer cell; `None` for text and for empty cells.
fn whole(cell: &[u8], kind: Kind) -> std::result::Result<Option<i64>, ()> {
    match kind {
        _ if cell.is_empty() => Ok(None),
        Kind::Timestamp => timestamp::parse(cell).map(Some).map_err(|_| ()),
        Kind::Integer => integer::parse(cell).map(Some).map_err(|_| ()),
        _ => Ok(None),
    }
}

fn place_of<'a>(table: &Table, layout: &'a Layout, name: &str) -> &'a layout::Place {
    let column = table.columns.iter().position(|column| column.name == name);
    column.map_or(&layout::Place::Missing, |column| &layout.columns[column])
}

/// Appends a column of a Parquet batch.
fn push_column(
    cells: &mut Cells,
    column: &Column,
    place: &layout::Place,
    batch: &RecordBatch,
    delivery: &Delivery,
    mut bad: impl FnMut(usize, String, Invalid),
) -> Result<()> {
    match place {
        layout::Place::At(place) => cells
            .push_array(batch.column(*place), bad)
            .map_err(|error| error.context(format!("{}: column `{}`", delivery.name(), column.name)))?,
        layout::Place::Folder(Some(value)) => {
            for row in 0..batch.num_rows() {
                if let Err(invalid) = cells.push_text(value.as_bytes(), true) {
                    bad(row, value.clone(), invalid);
                }
            }
        }
        layout::Place::Folder(None) | layout::Place::Missing => (0..batch.num_rows()).for_each(|_| cells.push_null()),
    }
    Ok(())
}

/// Calls `with` for each record, ragged ones included.
fn each_record(
    block: &Block,
    layout: &Layout,
    delivery: &Delivery,
    mut with: impl FnMut(Record<'_, '_>),
) -> Result<()> {
    let mut records = block.records(layout.width);
    while let Some(record) = records.next_record().map_err(|error| wrong_csv(delivery, &error))? {
        with(record);
    }
    Ok(())
}

/// Types a unit's rows and leaves out those that are superseded or bad.
///
/// # Errors
/// Data (exit 3) when the file's structure is at fault or a Parquet column has a type that can never fit.
pub fn typed(
    unit: &Unit,
    table: &'static Table,
    schema: &SchemaRef,
    delivery: &Delivery,
    lineage: &Lineage<'_>,
    superseded: Option<&RoaringBitmap>,
) -> Result<Decoded> {
    let mut bad = BadCells::new(unit.ordinal);
    let mut columns: Vec<Cells>;
    let mut extra = Cells::new(Kind::Text, 0);
    match &unit.rows {
        Rows::Csv(block) => {
            // A guess at the rows, for room only.
            let expected = block.bytes().len() / 256;
            columns = table.columns.iter().map(|column| Cells::new(column.kind, expected)).collect();
            let valid_text = block.is_utf8();
            let mut row = 0_u32;
            let mut scratch = Vec::new();
            each_record(block, &unit.layout, delivery, |record| {
                let mut rows = RowCells { columns: &mut columns, extra: &mut extra, bad: &mut bad };
                push_record(record, table, &unit.layout, valid_text, row, &mut rows, &mut scratch);
                row += 1;
            })?;
        }
        Rows::Parquet(batch) => {
            let rows = batch.num_rows();
            columns = table.columns.iter().map(|column| Cells::new(column.kind, rows)).collect();
            for ((cells, column), place) in columns.iter_mut().zip(table.columns).zip(&unit.layout.columns) {
                push_column(cells, column, place, batch, delivery, |row, value, invalid| {
                    bad.add(row as u32, Some(column.name), value.as_bytes(), invalid.to_string());
                })?;
            }
            push_extra_arrays(batch, &unit.layout, &mut extra);
        }
        Rows::Answers(answers) => return answers::as_received(answers, table, schema, delivery, lineage),
    }
    let rows = columns.first().map_or(0, Cells::rows);
    check_keys(table, &columns, &mut bad);
    let rounded = columns.iter().map(Cells::rounded).sum();
    let mut arrays = columns.into_iter().map(Cells::finish).collect::<Result<Vec<_>>>()?;
    if unit.layout.extra.is_empty() {
        (0..rows).for_each(|_| extra.push_null());
    }
    arrays.push(extra.finish()?);
    arrays.extend(lineage_arrays(lineage, rows));
    let batch = RecordBatch::try_new(schema.clone(), arrays)
        .map_err(|error| Error::failed(format!("{}: {error}", delivery.name())))?;
    let (quarantined, bad) = bad.into_parts();
    let batch = kept(batch, &bad, superseded).map_err(|error| error.context(delivery.name()))?;
    Ok(Decoded { batch, oddities: Oddities { quarantined, rounded, ..Oddities::default() } })
}

/// What one record is pushed into.
struct RowCells<'a> {
    columns: &'a mut [Cells],
    extra: &'a mut Cells,
    bad: &'a mut BadCells,
}

fn push_record(
    record: Record<'_, '_>,
    table: &Table,
    layout: &Layout,
    valid_text: bool,
    row: u32,
    into: &mut RowCells<'_>,
    scratch: &mut Vec<u8>,
) {
    if record.is_ragged() {
        into.columns.iter_mut().for_each(Cells::push_null);
        if !layout.extra.is_empty() {
            into.extra.push_null();
        }
        let fields = counted(record.len() as u64, "field");
        let reason = format!("the record has {fields} where the header has {}", layout.width);
        into.bad.add(row, None, record.bytes(), reason);
        return;
    }
    for ((cells, column), place) in into.columns.iter_mut().zip(table.columns).zip(&layout.columns) {
        let field = match place {
            layout::Place::At(place) => record.field(*place),
            _ => None,
        };
        let (cell, is_quoted) = match (&field, place) {
            (Some(field), _) => (field.bytes(scratch), field.is_quoted()),
            (None, layout::Place::Folder(Some(value))) => (value.as_bytes(), true),
            _ => {
                cells.push_null();
                continue;
            }
        };
        let pushed = if valid_text || std::str::from_utf8(cell).is_ok() {
            cells.push_text(cell, is_quoted)
        } else {
            cells.push_null();
            Err(Invalid::Utf8)
        };
        if let Err(invalid) = pushed {
            into.bad.add(row, Some(column.name), cell, invalid.to_string());
        }
    }
    for place in &layout.unnamed {
        let cell = record.field(*place).filter(|field| !is_null(field.bytes(scratch), field.is_quoted()));
        if let Some(field) = cell {
            let reason = format!("column {} has a value and no name", place + 1);
            into.bad.add(row, None, field.bytes(scratch), reason);
        }
    }
    if !layout.extra.is_empty() {
        let mut object = serde_json::Map::new();
        for (place, name) in &layout.extra {
            let Some(field) = record.field(*place) else { continue };
            let cell = field.bytes(scratch);
            match std::str::from_utf8(cell) {
                Ok(_) if is_null(cell, field.is_quoted()) => {}
                Ok(text) => drop(object.insert(name.clone(), text.into())),
                Err(_) => into.bad.add(row, Some(name), cell, Invalid::Utf8.to_string()),
            }
        }
        push_extra(into.extra, object);
    }
}

fn push_extra(extra: &mut Cells, object: serde_json::Map<String, serde_json::Value>) {
    if object.is_empty() {
        extra.push_null();
    } else {
        // Text is pushed as text: it cannot be refused.
        let _ = extra.push_text(serde_json::Value::Object(object).to_string().as_bytes(), true);
    }
}

fn push_extra_arrays(batch: &RecordBatch, layout: &Layout, extra: &mut Cells) {
    if layout.extra.is_empty() {
        return;
    }
    let mut json = String::new();
    for row in 0..batch.num_rows() {
        let mut object = serde_json::Map::new();
        for (place, name) in &layout.extra {
            let array = batch.column(*place);
            if array.is_null(row) {
                continue;
            }
            json.clear();
            let text = match json_of(array, row, &mut json) {
                Ok(()) if json.starts_with('"') => serde_json::from_str(&json).ok(),
                Ok(()) => Some(json.clone()),
                // A column that nothing reads refuses no row: bytes that are no text are kept in hexadecimal.
                Err(_) => text_of(array, row),
            };
            if let Some(text) = text {
                object.insert(name.clone(), text.into());
            }
        }
        push_extra(extra, object);
    }
}

/// A key is never null.
fn check_keys(table: &Table, columns: &[Cells], bad: &mut BadCells) {
    for (cells, column) in columns.iter().zip(table.columns) {
        if table.key.contains(&column.name) {
            for row in (0..cells.rows()).filter(|row| cells.is_null(*row)) {
                if !bad.has(row as u32) {
                    bad.add(row as u32, Some(column.name), b"", format!("expected {}, the key", describe(column.kind)));
                }
            }
        }
    }
}

fn lineage_arrays(lineage: &Lineage<'_>, rows: usize) -> [ArrayRef; 4] {
    let constant =
        |text: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))) };
    let first = lineage.rows_before as i64 + 1;
    [
        constant(&lineage.source.name),
        Arc::new(Int64Array::from_iter_values(first..first + rows as i64)),
        transferred_at_array(lineage.source.transfer.map(|(time, _)| time), rows),
        constant(lineage.run_id),
    ]
}

fn transferred_at_array(time: Option<i64>, rows: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(std::iter::repeat_n(time, rows)).with_timezone("UTC"))
}
