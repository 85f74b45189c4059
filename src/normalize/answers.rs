//! Answers of the API, decoded: their keys in the first pass, their typed rows in the second. The counterpart of
//! `decode` for journals.

mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use roaring::RoaringBitmap;
use twox_hash::XxHash3_128;

use super::covers;
use super::decoded::{BadCells, Decoded, Lineage, push_part};
use super::keys::{BAD, EXPIRED, KeyRecord, OUTDATED, Place};
use crate::catalog::{ANSWER_COLUMNS, Column, Found, Kind, Origin, Table};
use crate::cells::{Cells, as_kept, describe};
use crate::error::{Error, Result};
use crate::extractions::Cover;
use crate::place::journal::{Answer, Compressed};
use crate::source::delivery::Delivery;
use crate::value::{integer, timestamp};
use walk::{Cell, Met, Row, Walk};

/// The columns that identify the listed row, as this table has them, in the order of the listed row's own: rows that are
/// nested in one row share them. A row without a key of its own is told by all that is in it, its fingerprint.
pub fn set_columns(table: &'static Table) -> Vec<&'static Column> {
    let root = table.root();
    let is_key = |column: &&Column| root.key.contains(&column.name);
    let key = root.columns.iter().filter(is_key);
    let own = key.filter_map(|wanted| table.columns.iter().find(|column| origin(table, column).name == wanted.name));
    own.chain(ANSWER_COLUMNS.iter().filter(is_key)).collect()
}

/// The listed row's column that this one is or repeats; [`NOWHERE`] where it is none.
fn origin(table: &'static Table, column: &'static Column) -> &'static Column {
    match (column.found, table.origin) {
        (Found::InParent(name), Origin::Nested { of, .. }) => {
            of.columns.iter().find(|above| above.name == name).map_or(column, |above| origin(of, above))
        }
        // A nested row's own field is not the listed row's, though it may be called the same.
        (_, Origin::Nested { .. }) => &NOWHERE,
        _ => column,
    }
}

const NOWHERE: Column = Column::new("", Kind::Text, "");

/// Counts the rows of this table in answers and collects the keys of those that have one; rows in `excluded` do not
/// compete.
///
/// # Errors
/// Damaged (exit 5) when an answer cannot be decompressed; data (exit 3) when it is no answer.
pub fn keys(
    unit: u32,
    answers: &[Compressed],
    table: &'static Table,
    covers: &[Cover],
    delivery: &Delivery,
    excluded: Option<&RoaringBitmap>,
    into: &mut Vec<KeyRecord>,
) -> Result<u32> {
    if matches!(table.origin, Origin::Answers) {
        // Every answer is a row of its own, and no journal is taken twice.
        return Ok(answers.len() as u32);
    }
    let walk = Walk::of(table);
    let kinds: Vec<_> = set_columns(table).iter().map(|column| column.kind).collect();
    let mut rows = 0;
    let mut key = Vec::with_capacity(64);
    for compressed in answers {
        let answer = open(compressed, delivery)?;
        let received_at = answer.about.received_at;
        each_met(&walk, &answer, compressed, delivery, &mut |met| {
            let row = rows;
            rows += 1;
            let Met::Row(found) = met else { return };
            key.clear();
            let is_whole = found.set().zip(&kinds).all(|(cell, kind)| push_key(&mut key, cell, *kind));
            let is_bad = excluded.is_some_and(|rows| rows.contains(row));
            let is_replaced = with_class(&found, |value| covers::is_replaced(table, covers, received_at, value));
            let has_key = is_whole || (is_bad && is_replaced);
            if !has_key {
                return;
            }
            into.push(KeyRecord {
                hash: XxHash3_128::oneshot(&key),
                newest: [received_at, found.fingerprint],
                rank: match (is_bad, is_replaced) {
                    (false, false) => 0,
                    (false, true) => EXPIRED,
                    (true, false) => BAD,
                    (true, true) => OUTDATED,
                },
                content: 0,
                place: Place::delivered(unit, row),
            });
        })?;
    }
    Ok(rows)
}

/// Types the rows of this table in answers and leaves out those that are superseded or bad.
///
/// # Errors
/// As [`keys`].
pub fn typed(
    unit: u32,
    answers: &[Compressed],
    table: &'static Table,
    schema: &SchemaRef,
    delivery: &Delivery,
    lineage: &Lineage<'_>,
    superseded: Option<&RoaringBitmap>,
) -> Result<Decoded> {
    if matches!(table.origin, Origin::Answers) {
        return as_received(answers, table, schema, delivery, lineage);
    }
    let walk = Walk::of(table);
    let mut bad = BadCells::new(unit);
    let mut columns: Vec<_> = table.columns.iter().map(|column| Cells::new(column.kind, 1024)).collect();
    let mut extra = Cells::new(Kind::Text, 0);
    let mut origins = Origins::default();
    let mut unknown = BTreeSet::new();
    let mut not_found = Vec::new();
    for compressed in answers {
        let answer = open(compressed, delivery)?;
        if !(200..300).contains(&answer.about.status) {
            not_found.push(answer.about.clone());
        }
        each_met(&walk, &answer, compressed, delivery, &mut |met| {
            let row = origins.places.len() as u32;
            origins.places.push(i64::try_from(compressed.place).unwrap_or(i64::MAX));
            origins.received_at.push(answer.about.received_at);
            match met {
                Met::Row(found) => {
                    origins.pointers.push(found.pointer.to_owned());
                    origins.fingerprints.push(found.fingerprint);
                    for ((cells, column), cell) in columns.iter_mut().zip(table.columns).zip(found.columns()) {
                        push_cell(cells, column, cell, table, &found, (row, compressed.place), &mut bad);
                    }
                    push_unknown(&found, &mut extra, &mut unknown);
                }
                Met::Wrong { pointer, text, expected } => {
                    origins.pointers.push(pointer.to_owned());
                    origins.fingerprints.push(0);
                    columns.iter_mut().for_each(Cells::push_null);
                    extra.push_null();
                    bad.add(row, None, text.as_bytes(), expected.to_owned());
                    bad.at(pointer.to_owned(), compressed.place);
                }
            }
        })?;
    }
    let keep = bad.keep(origins.places.len(), superseded);
    let rounded = columns.iter().map(Cells::rounded).sum();
    let mut arrays = columns.into_iter().map(Cells::finish).collect::<Result<Vec<_>>>()?;
    arrays.push(extra.finish()?);
    arrays.extend(origins.finish(lineage));
    let batch = RecordBatch::try_new(schema.clone(), arrays).and_then(|batch| match &keep {
        None => Ok(batch),
        Some(keep) => filter_record_batch(&batch, keep),
    });
    let batch = batch.map_err(|error| Error::failed(format!("{}: {error}", delivery.name())))?;
    Ok(Decoded { batch, quarantined: bad.into_cells(), unknown, rounded, not_found })
}

/// Where rows come from, a value for each row.
#[derive(Default)]
struct Origins {
    places: Vec<i64>,
    received_at: Vec<i64>,
    pointers: Vec<String>,
    fingerprints: Vec<i64>,
}

impl Origins {
    /// The columns behind `_extra`, in the order of the catalog.
    fn finish(self, lineage: &Lineage<'_>) -> [ArrayRef; 6] {
        let rows = self.places.len();
        let constant =
            |text: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))) };
        [
            constant(&lineage.source.name),
            Arc::new(Int64Array::from(self.places)),
            Arc::new(TimestampMicrosecondArray::from(self.received_at).with_timezone("UTC")),
            constant(lineage.run_id),
            Arc::new(StringArray::from(self.pointers)),
            Arc::new(Int64Array::from(self.fingerprints)),
        ]
    }
}

fn push_cell(
    cells: &mut Cells,
    column: &Column,
    cell: Cell<'_>,
    table: &Table,
    row: &Row<'_, '_>,
    (number, answer): (u32, u64),
    bad: &mut BadCells,
) {
    let (pushed, text) = match cell {
        Cell::Missing => {
            cells.push_null();
            if column.is_required || table.key.contains(&column.name) {
                bad.add(number, Some(column.name), b"", format!("expected {}, found nothing", describe(column.kind)));
                bad.at(row.pointer_to(column), answer);
            }
            return;
        }
        Cell::Json(raw) => (cells.push_json(raw.get()), raw.get()),
        Cell::Text(text) => (cells.push_text(text.as_bytes(), true), text),
        Cell::Whole(value) => {
            cells.push_whole(value);
            return;
        }
        Cell::Truth(truth) => {
            cells.push_boolean(truth);
            return;
        }
        Cell::Twice(raw) => {
            cells.push_null();
            let reason = "the field stands several times in the row and says different things".to_owned();
            bad.add(number, Some(column.name), raw.get().as_bytes(), reason);
            bad.at(row.pointer_to(column), answer);
            return;
        }
    };
    if let Err(invalid) = pushed {
        bad.add(number, Some(column.name), text.as_bytes(), invalid.to_string());
        bad.at(row.pointer_to(column), answer);
    }
}

fn push_unknown(row: &Row<'_, '_>, extra: &mut Cells, unknown: &mut BTreeSet<String>) {
    let mut object = String::new();
    for (name, value) in row.unknown() {
        if !unknown.contains(name) {
            unknown.insert(name.to_owned());
        }
        object.push(if object.is_empty() { '{' } else { ',' });
        object.push_str(&serde_json::Value::from(name).to_string());
        object.push(':');
        object.push_str(value.get());
    }
    if object.is_empty() {
        extra.push_null();
    } else {
        object.push('}');
        // Text is pushed as text: it cannot be refused.
        let _ = extra.push_text(object.as_bytes(), true);
    }
}

/// Answers as rows of their own.
fn as_received(
    answers: &[Compressed],
    table: &'static Table,
    schema: &SchemaRef,
    delivery: &Delivery,
    lineage: &Lineage<'_>,
) -> Result<Decoded> {
    let mut columns: Vec<_> = table.columns.iter().map(|column| Cells::new(column.kind, answers.len())).collect();
    let mut extra = Cells::new(Kind::Text, 0);
    let mut origins = Origins::default();
    for compressed in answers {
        let Answer { about, body } = open(compressed, delivery)?;
        let extraction = lineage.source.name.rsplit('/').nth(1).unwrap_or_default();
        for (cells, column) in columns.iter_mut().zip(table.columns) {
            let pushed = match column.name {
                "extraction_id" => cells.push_text(extraction.as_bytes(), true),
                "endpoint" => cells.push_text(delivery.table.as_bytes(), true),
                "series" => cells.push_text(about.series.as_bytes(), true),
                "method" => cells.push_text(about.method.as_bytes(), true),
                "path" => cells.push_text(about.path.as_bytes(), true),
                "request_body" => cells.push_text(about.request_body.as_deref().unwrap_or_default().as_bytes(), false),
                "sha256" => cells.push_text(about.sha256.as_bytes(), true),
                // Only what stands for something that is gone can be no UTF-8.
                "body" => cells.push_text(String::from_utf8_lossy(&body).as_bytes(), true),
                name => {
                    cells.push_whole(match name {
                        "page" => i64::from(about.page),
                        "status" => i64::from(about.status),
                        _ => about.received_at,
                    });
                    Ok(())
                }
            };
            pushed.map_err(|invalid| {
                Error::damaged(format!(
                    "{}: answer {}: `{}`: {invalid}",
                    delivery.name(),
                    compressed.place,
                    column.name
                ))
            })?;
        }
        extra.push_null();
        origins.places.push(i64::try_from(compressed.place).unwrap_or(i64::MAX));
        origins.received_at.push(about.received_at);
    }
    let mut arrays = columns.into_iter().map(Cells::finish).collect::<Result<Vec<_>>>()?;
    arrays.push(extra.finish()?);
    arrays.extend(origins.finish(lineage).into_iter().take(4));
    let batch = RecordBatch::try_new(schema.clone(), arrays)
        .map_err(|error| Error::failed(format!("{}: {error}", delivery.name())))?;
    Ok(Decoded { batch, quarantined: Vec::new(), unknown: BTreeSet::new(), rounded: 0, not_found: Vec::new() })
}

fn open(compressed: &Compressed, delivery: &Delivery) -> Result<Answer> {
    compressed.answer().map_err(|reason| {
        Error::damaged(format!("{}: answer {} {reason}", delivery.name(), compressed.place))
            .hint("restore the journal from a copy, or remove its folder and extract again")
    })
}

fn each_met<'a>(
    walk: &Walk,
    answer: &'a Answer,
    compressed: &Compressed,
    delivery: &Delivery,
    with: &mut dyn FnMut(Met<'a, '_>),
) -> Result<()> {
    walk.rows(answer, with)
        .map_err(|reason| Error::data(format!("{}: answer {}: {reason}", delivery.name(), compressed.place)))
}

/// Appends a part of a key as [`super::decode::each_typed_key`] does; false where the cell is no value of its kind.
fn push_key(key: &mut Vec<u8>, cell: Cell<'_>, kind: Kind) -> bool {
    let text: std::borrow::Cow<'_, str> = match cell {
        Cell::Missing | Cell::Truth(_) | Cell::Twice(_) => return false,
        Cell::Whole(value) => {
            push_part(key, &value.to_le_bytes());
            return true;
        }
        Cell::Text(text) => text.into(),
        Cell::Json(raw) => match crate::value::json::text(raw.get()) {
            Some(text) => text,
            None => return false,
        },
    };
    let whole = match kind {
        Kind::Timestamp => timestamp::parse(text.as_bytes()),
        Kind::Integer => integer::parse(text.as_bytes()),
        _ => {
            push_part(key, &as_kept(text.as_bytes(), kind));
            return true;
        }
    };
    whole.map(|value| push_part(key, &value.to_le_bytes())).is_ok()
}

fn with_class<T>(row: &Row<'_, '_>, with: impl FnOnce(covers::Value<'_>) -> T) -> T {
    match row.class() {
        Cell::Missing | Cell::Truth(_) | Cell::Twice(_) => with(covers::Value::None),
        Cell::Text(text) => with(covers::Value::Text(text)),
        Cell::Whole(value) => with(covers::Value::Instant(value)),
        Cell::Json(raw) => match crate::value::json::text(raw.get()) {
            None => with(covers::Value::None),
            Some(text) => match timestamp::parse(text.as_bytes()) {
                Ok(at) => with(covers::Value::Instant(at)),
                Err(_) => with(covers::Value::Text(&text)),
            },
        },
    }
}
