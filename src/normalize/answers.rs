//! Answers of the API, decoded: the keys and the typed rows of all tables of their endpoint, in one walk. The counterpart
//! of `decode` for journals.

mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray};
use arrow::datatypes::SchemaRef;
use roaring::RoaringBitmap;
use twox_hash::XxHash3_128;

use super::covers;
use super::decoded::{BadCells, Decoded, Lineage, Oddities, push_part};
use super::keys::{BAD, EXPIRED, KeyRecord, OUTDATED, Place};
use crate::catalog::{ANSWER_COLUMNS, Column, Found, Kind, Origin, Table};
use crate::cells::{Cells, as_kept, describe};
use crate::error::{Error, Result};
use crate::extractions::Cover;
use crate::place::journal::{About, Answer, Compressed};
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

/// How rows of some tables are read from the answers of their endpoint, all in one walk.
pub struct Reading<'a> {
    walk: Walk,
    tables: Vec<Wanted<'a>>,
}

/// A table, and what decides which of its rows are kept.
struct Wanted<'a> {
    table: &'static Table,
    schema: SchemaRef,
    covers: &'a [Cover],
    /// Kinds of the columns that identify the listed row.
    key: Vec<Kind>,
}

/// The rows of one table in a unit of answers.
pub struct Read {
    /// The keys of those that have one.
    pub keys: Vec<KeyRecord>,
    /// All of them, typed; of bad ones what can be.
    pub rows: RecordBatch,
    /// Which are bad.
    pub bad: RoaringBitmap,
    /// What is odd about them.
    pub oddities: Oddities,
}

impl<'a> Reading<'a> {
    /// Of these tables, with their lake schemas and the complete reads that replace rows.
    pub fn of(tables: impl IntoIterator<Item = (&'static Table, SchemaRef, &'a [Cover])>) -> Self {
        let key = |table| set_columns(table).iter().map(|column| column.kind).collect();
        let tables = tables.into_iter();
        let tables: Vec<_> =
            tables.map(|(table, schema, covers)| Wanted { table, schema, covers, key: key(table) }).collect();
        Self { walk: Walk::of(&tables.iter().map(|wanted| wanted.table).collect::<Vec<_>>()), tables }
    }

    /// The rows of each table in these answers. Of each table the rows in `excluded` do not compete.
    ///
    /// # Errors
    /// Damaged (exit 5) when an answer cannot be decompressed; data (exit 3) when it is no answer.
    pub fn read(
        &self,
        unit: u32,
        answers: &[Compressed],
        delivery: &Delivery,
        run_id: &str,
        excluded: &[Option<&RoaringBitmap>],
    ) -> Result<Vec<Read>> {
        let mut tables: Vec<_> = self.tables.iter().map(|wanted| TableRows::new(unit, wanted.table)).collect();
        let mut not_found = Vec::new();
        for compressed in answers {
            let answer = open(compressed, delivery)?;
            if !(200..300).contains(&answer.about.status) {
                not_found.push(answer.about.clone());
            }
            let read = self.walk.rows(&answer, &mut |table, met| {
                let (rows, wanted) = (&mut tables[table], &self.tables[table]);
                if let Met::Row(row) = &met {
                    rows.push_key(row, wanted, answer.about.received_at, excluded[table]);
                }
                rows.push(met, wanted.table, compressed.place, answer.about.received_at);
            });
            read.map_err(|reason| Error::data(format!("{}: answer {}: {reason}", delivery.name(), compressed.place)))?;
        }
        let lineage = Lineage { source: &delivery.source, run_id, rows_before: 0 };
        let tables = tables.into_iter().zip(&self.tables);
        tables.map(|(rows, wanted)| rows.finish(&wanted.schema, &lineage, not_found.clone())).collect()
    }
}

/// The rows of a table in a unit, growing.
struct TableRows {
    unit: u32,
    keys: Vec<KeyRecord>,
    key: Vec<u8>,
    columns: Vec<Cells>,
    extra: Cells,
    origins: Origins,
    bad: BadCells,
    unknown: BTreeSet<String>,
}

impl TableRows {
    fn new(unit: u32, table: &Table) -> Self {
        Self {
            unit,
            keys: Vec::new(),
            key: Vec::with_capacity(64),
            columns: table.columns.iter().map(|column| Cells::new(column.kind, 0)).collect(),
            extra: Cells::new(Kind::Text, 0),
            origins: Origins::default(),
            bad: BadCells::new(unit),
            unknown: BTreeSet::new(),
        }
    }

    /// Notes the key of the row that comes next, where it has one.
    fn push_key(
        &mut self,
        found: &Row<'_, '_>,
        wanted: &Wanted<'_>,
        received_at: i64,
        excluded: Option<&RoaringBitmap>,
    ) {
        let row = self.origins.places.len() as u32;
        self.key.clear();
        let is_whole = found.set().zip(&wanted.key).all(|(cell, kind)| push_key(&mut self.key, cell, *kind));
        let is_bad = excluded.is_some_and(|rows| rows.contains(row));
        let is_replaced =
            with_class(found, |value| covers::is_replaced(wanted.table, wanted.covers, received_at, value));
        let has_key = is_whole || (is_bad && is_replaced);
        if !has_key {
            return;
        }
        self.keys.push(KeyRecord {
            hash: XxHash3_128::oneshot(&self.key),
            newest: [received_at, found.fingerprint],
            rank: match (is_bad, is_replaced) {
                (false, false) => 0,
                (false, true) => EXPIRED,
                (true, false) => BAD,
                (true, true) => OUTDATED,
            },
            content: 0,
            place: Place::delivered(self.unit, row),
        });
    }

    fn push(&mut self, met: Met<'_, '_>, table: &Table, answer: u64, received_at: i64) {
        let row = self.origins.places.len() as u32;
        self.origins.places.push(i64::try_from(answer).unwrap_or(i64::MAX));
        self.origins.received_at.push(received_at);
        match met {
            Met::Row(found) => {
                self.origins.pointers.append_value(found.pointer);
                self.origins.fingerprints.push(found.fingerprint);
                for ((cells, column), cell) in self.columns.iter_mut().zip(table.columns).zip(found.columns()) {
                    push_cell(cells, column, cell, table, &found, (row, answer), &mut self.bad);
                }
                push_unknown(&found, &mut self.extra, &mut self.unknown);
            }
            Met::Wrong { pointer, text, expected } => {
                self.origins.pointers.append_value(pointer);
                self.origins.fingerprints.push(0);
                self.columns.iter_mut().for_each(Cells::push_null);
                self.extra.push_null();
                self.bad.add(row, None, text.as_bytes(), expected.to_owned());
                self.bad.at(pointer.to_owned(), answer);
            }
        }
    }

    fn finish(self, schema: &SchemaRef, lineage: &Lineage<'_>, not_found: Vec<About>) -> Result<Read> {
        let rounded = self.columns.iter().map(Cells::rounded).sum();
        let mut arrays = self.columns.into_iter().map(Cells::finish).collect::<Result<Vec<_>>>()?;
        arrays.push(self.extra.finish()?);
        arrays.extend(self.origins.finish(lineage));
        let rows = RecordBatch::try_new(schema.clone(), arrays)
            .map_err(|error| Error::failed(format!("{}: {error}", lineage.source.name)))?;
        let (quarantined, bad) = self.bad.into_parts();
        let oddities = Oddities { quarantined, unknown: self.unknown, rounded, not_found };
        Ok(Read { keys: self.keys, rows, bad, oddities })
    }
}

/// Where rows come from, a value for each row.
#[derive(Default)]
struct Origins {
    places: Vec<i64>,
    received_at: Vec<i64>,
    pointers: StringBuilder,
    fingerprints: Vec<i64>,
}

impl Origins {
    /// The columns behind `_extra`, in the order of the catalog.
    fn finish(mut self, lineage: &Lineage<'_>) -> [ArrayRef; 6] {
        let rows = self.places.len();
        let constant =
            |text: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))) };
        [
            constant(&lineage.source.name),
            Arc::new(Int64Array::from(self.places)),
            Arc::new(TimestampMicrosecondArray::from(self.received_at).with_timezone("UTC")),
            constant(lineage.run_id),
            Arc::new(self.pointers.finish()),
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
        Cell::Json(text) => (cells.push_json(text), text),
        Cell::Text(text) => (cells.push_text(text.as_bytes(), true), text),
        Cell::Whole(value) => {
            cells.push_whole(value);
            return;
        }
        Cell::Truth(truth) => {
            cells.push_boolean(truth);
            return;
        }
        Cell::Twice(text) => {
            cells.push_null();
            let reason = "the field stands several times in the row and says different things".to_owned();
            bad.add(number, Some(column.name), text.as_bytes(), reason);
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
        object.push_str(value);
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
///
/// # Errors
/// As [`Reading::read`].
pub fn as_received(
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
    Ok(Decoded { batch, oddities: Oddities::default() })
}

fn open(compressed: &Compressed, delivery: &Delivery) -> Result<Answer> {
    compressed.answer().map_err(|reason| {
        Error::damaged(format!("{}: answer {} {reason}", delivery.name(), compressed.place))
            .hint("restore the journal from a copy, or remove its folder and extract again")
    })
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
        Cell::Json(raw) => match crate::value::json::text(raw) {
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
        Cell::Json(raw) => match crate::value::json::text(raw) {
            None => with(covers::Value::None),
            Some(text) => match timestamp::parse(text.as_bytes()) {
                Ok(at) => with(covers::Value::Instant(at)),
                Err(_) => with(covers::Value::Text(&text)),
            },
        },
    }
}
