//! From answers to the rows of one table: where its columns stand is worked out once from the catalog, and then every
//! row is found in one pass over the text. Values stay the text they are; nothing is parsed as a number here.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use twox_hash::XxHash3_128;

use crate::catalog::{Class, Column, Found, Origin, TABLES, Table};
use crate::place::journal::{About, Answer};

/// What some proxies put before a body.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Where the rows of an answer are.
const ROWS: &str = "data";

/// How the rows of a table are found.
pub struct Walk {
    /// From the listed row down to the table's own.
    levels: Vec<Level>,
    columns: Vec<Source>,
    /// What identifies the listed row: rows that are nested in it come and go with it.
    set: Vec<Source>,
    /// Whether all that is in it does, too.
    is_told_by_fingerprint: bool,
    /// The column that says which reads replace a row.
    class: Option<Source>,
}

/// The fields that matter in the rows of one level.
#[derive(Default)]
struct Level {
    fields: Node,
    slots: usize,
    /// The array with the next level's rows: its slot and its path.
    entries: Option<(usize, &'static str)>,
    /// Fields that the catalog knows.
    known: HashSet<&'static str>,
    /// Rows are bare values and no objects.
    is_bare: bool,
}

/// Fields by name; each may be wanted itself and for the fields in it.
#[derive(Default)]
struct Node {
    slot: Option<usize>,
    within: BTreeMap<&'static str, Node>,
}

/// Where a column's value is.
#[derive(Debug, Clone, Copy)]
enum Source {
    Slot { level: usize, slot: usize },
    Ordinal { level: usize },
    Asked(&'static str),
    Itself { level: usize },
    IsList { level: usize, slot: usize },
}

/// What stands for a column in a row.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing, or null.
    Missing,
    /// A JSON value other than null.
    Json(&'a RawValue),
    /// A parameter of the request.
    Text(&'a str),
    /// A place in an array.
    Whole(i64),
    /// Whether something is so.
    Truth(bool),
    /// The field stands several times in its row, and says different things.
    Twice(&'a RawValue),
}

/// What is met on a walk.
pub enum Met<'a, 'b> {
    /// A row of the table.
    Row(Row<'a, 'b>),
    /// What should be a row or a list of rows, and is none.
    Wrong {
        /// Where it stands, a JSON pointer.
        pointer: &'b str,
        /// What stands there.
        text: &'a str,
        /// What should.
        expected: &'static str,
    },
}

/// A row of the table.
pub struct Row<'a, 'b> {
    walk: &'b Walk,
    about: &'a About,
    frames: &'b [Frame<'a>],
    /// Where it stands, a JSON pointer.
    pub pointer: &'b str,
    /// 64 bits of the XXH3 of the listed row's text and the parameters it was asked with.
    pub fingerprint: i64,
}

/// The fields of a row on the way down.
struct Frame<'a> {
    raw: &'a RawValue,
    ordinal: usize,
    slots: Vec<Option<&'a RawValue>>,
    /// Slots of fields that stand several times and say different things.
    twice: Vec<usize>,
    unknown: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// A row as an answer lists it: its text, its fields where it is an object, and its fingerprint.
struct Listed<'a> {
    raw: &'a RawValue,
    frame: Option<Frame<'a>>,
    fingerprint: i64,
}

impl Walk {
    /// The way to the rows of a table that is made from answers.
    pub fn of(table: &'static Table) -> Self {
        let mut lineage = vec![table];
        while let Some(Table { origin: Origin::Nested { of, .. }, .. }) = lineage.last() {
            lineage.push(of);
        }
        lineage.reverse();
        let levels = lineage.iter().map(|table| Level::of(table)).collect();
        let is_told_by_fingerprint = lineage[0].key.contains(&"_fingerprint");
        let mut walk = Self { levels, columns: Vec::new(), set: Vec::new(), is_told_by_fingerprint, class: None };
        for (level, table) in lineage.iter().skip(1).enumerate() {
            if let Origin::Nested { rows, .. } = table.origin {
                walk.levels[level].entries = Some((walk.levels[level].want(rows), rows));
            }
        }
        let (root, last) = (lineage[0], lineage.len() - 1);
        let is_key = |column: &&Column| root.key.contains(&column.name);
        walk.set = root.columns.iter().filter(is_key).map(|column| walk.source(&lineage, 0, column)).collect();
        walk.columns = table.columns.iter().map(|column| walk.source(&lineage, last, column)).collect();
        if let Class::Days { column } | Class::WhileShown { column, .. } = table.class {
            let place = table.columns.iter().position(|known| known.name == column);
            walk.class = place.map(|place| walk.columns[place]);
        }
        walk
    }

    fn source(&mut self, lineage: &[&'static Table], level: usize, column: &Column) -> Source {
        match column.found {
            Found::Named => Source::Slot { level, slot: self.levels[level].want(column.name) },
            Found::At(path) => Source::Slot { level, slot: self.levels[level].want(path) },
            Found::Ordinal => Source::Ordinal { level },
            Found::Asked(parameter) => Source::Asked(parameter),
            Found::Itself => Source::Itself { level },
            Found::IsList(path) => Source::IsList { level, slot: self.levels[level].want(path) },
            Found::InParent(name) => {
                let parent = level.checked_sub(1).and_then(|level| Some((level, lineage.get(level)?)));
                let found =
                    parent.and_then(|(level, table)| Some((level, table.columns.iter().find(|c| c.name == name)?)));
                // A test of the catalog holds that it is there.
                found.map_or(Source::Asked(""), |(level, column)| self.source(lineage, level, column))
            }
        }
    }

    /// Calls `with` for each row of the table in an answer, in order. Of a row that an answer lists twice only the last
    /// is met. An answer that something is not there has no rows.
    ///
    /// # Errors
    /// Why the body is no answer.
    pub fn rows<'a>(&self, answer: &'a Answer, with: &mut dyn FnMut(Met<'a, '_>)) -> Result<(), String> {
        if !(200..300).contains(&answer.about.status) {
            return Ok(());
        }
        let about = &answer.about;
        let (rows, is_list) = listed(&answer.body)?;
        let frames: Vec<_> = rows
            .into_iter()
            .enumerate()
            .map(|(ordinal, raw)| Listed {
                raw,
                frame: self.frame(0, ordinal, raw),
                fingerprint: fingerprint(about, raw),
            })
            .collect();
        let counts = self.counting(about, &frames);
        let mut pointer = String::new();
        for (ordinal, listed) in frames.into_iter().enumerate().filter(|(ordinal, _)| counts[*ordinal]) {
            pointer.clear();
            pointer.push('/');
            pointer.push_str(ROWS);
            if is_list {
                // Writing to memory does not fail.
                let _ = write!(pointer, "/{ordinal}");
            }
            match listed.frame {
                None => with(Met::Wrong { pointer: &pointer, text: listed.raw.get(), expected: "expected an object" }),
                Some(frame) => self.nested(about, listed.fingerprint, &mut vec![frame], &mut pointer, with),
            }
        }
        Ok(())
    }

    /// The rows of the table in the row that the frames end in.
    fn nested<'a>(
        &self,
        about: &'a About,
        fingerprint: i64,
        frames: &mut Vec<Frame<'a>>,
        pointer: &mut String,
        with: &mut dyn FnMut(Met<'a, '_>),
    ) {
        let level = frames.len() - 1;
        let Some((slot, path)) = self.levels[level].entries else {
            with(Met::Row(Row { walk: self, about, frames, pointer, fingerprint }));
            return;
        };
        let Some(list) = frames[level].slots[slot] else { return };
        let length = pointer.len();
        push_path(pointer, path);
        let Ok(rows) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
            with(Met::Wrong { pointer, text: list.get(), expected: "expected a list" });
            pointer.truncate(length);
            return;
        };
        let list_length = pointer.len();
        for (ordinal, raw) in rows.into_iter().enumerate() {
            pointer.truncate(list_length);
            let _ = write!(pointer, "/{ordinal}");
            match self.frame(level + 1, ordinal, raw) {
                None => with(Met::Wrong { pointer, text: raw.get(), expected: "expected an object" }),
                Some(frame) => {
                    frames.push(frame);
                    self.nested(about, fingerprint, frames, pointer, with);
                    frames.pop();
                }
            }
        }
        pointer.truncate(length);
    }

    fn frame<'a>(&self, level: usize, ordinal: usize, raw: &'a RawValue) -> Option<Frame<'a>> {
        let level = &self.levels[level];
        let mut frame = Frame { raw, ordinal, slots: vec![None; level.slots], twice: Vec::new(), unknown: Vec::new() };
        if level.is_bare {
            return Some(frame);
        }
        let Frame { slots, twice, unknown, .. } = &mut frame;
        each_field(raw.get(), |name, value| match level.fields.within.get(&*name) {
            Some(node) => node.fill(value, slots, twice),
            None if level.known.contains(&*name) => {}
            None => unknown.push((name, value)),
        })
        .ok()?;
        Some(frame)
    }

    /// Which of the listed rows count: all but those that the same answer lists again further on.
    fn counting(&self, about: &About, rows: &[Listed<'_>]) -> Vec<bool> {
        let mut counts = vec![true; rows.len()];
        let mut seen = HashSet::new();
        let mut key = Vec::new();
        for (place, listed) in rows.iter().enumerate().rev() {
            let Some(frame) = &listed.frame else { continue };
            key.clear();
            let row = Row { walk: self, about, frames: std::slice::from_ref(frame), pointer: "", fingerprint: 0 };
            let mut is_whole = true;
            for source in &self.set {
                match row.cell(*source) {
                    Cell::Missing => is_whole = false,
                    Cell::Json(raw) => key.extend_from_slice(raw.get().as_bytes()),
                    Cell::Text(text) => key.extend_from_slice(text.as_bytes()),
                    Cell::Whole(value) => key.extend_from_slice(&value.to_le_bytes()),
                    Cell::Truth(_) | Cell::Twice(_) => is_whole = false,
                }
                key.push(0);
            }
            if self.is_told_by_fingerprint {
                key.extend_from_slice(&listed.fingerprint.to_le_bytes());
            }
            counts[place] = !is_whole || seen.insert(XxHash3_128::oneshot(&key));
        }
        counts
    }
}

impl<'a> Row<'a, '_> {
    /// What stands for each column of the table.
    pub fn columns(&self) -> impl Iterator<Item = Cell<'a>> + '_ {
        self.walk.columns.iter().map(|source| self.cell(*source))
    }

    /// What identifies the listed row.
    pub fn set(&self) -> impl Iterator<Item = Cell<'a>> + '_ {
        let fingerprint = self.walk.is_told_by_fingerprint.then_some(Cell::Whole(self.fingerprint));
        self.walk.set.iter().map(|source| self.cell(*source)).chain(fingerprint)
    }

    /// What stands for the column that says which reads replace the row.
    pub fn class(&self) -> Cell<'a> {
        self.walk.class.map_or(Cell::Missing, |source| self.cell(source))
    }

    /// Fields of the row that the catalog does not know.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.frames.last().into_iter().flat_map(|frame| &frame.unknown).map(|(name, value)| (&**name, *value))
    }

    /// Where a column stands, a JSON pointer.
    pub fn pointer_to(&self, column: &Column) -> String {
        let mut pointer = self.pointer.to_owned();
        match column.found {
            Found::Named => push_path(&mut pointer, column.name),
            Found::At(path) => push_path(&mut pointer, path),
            _ => {}
        }
        pointer
    }

    fn cell(&self, source: Source) -> Cell<'a> {
        match source {
            Source::Slot { level, slot } => match self.frames[level].slots[slot] {
                Some(raw) if self.frames[level].twice.contains(&slot) => Cell::Twice(raw),
                Some(raw) => Cell::Json(raw),
                None => Cell::Missing,
            },
            Source::IsList { level, slot } => {
                Cell::Truth(self.frames[level].slots[slot].is_some_and(|raw| raw.get().starts_with('[')))
            }
            Source::Ordinal { level } => Cell::Whole(i64::try_from(self.frames[level].ordinal).unwrap_or(i64::MAX)),
            Source::Asked(parameter) => self.about.asked.get(parameter).map_or(Cell::Missing, |text| Cell::Text(text)),
            Source::Itself { level } => Cell::Json(self.frames[level].raw),
        }
    }
}

impl Level {
    fn of(table: &'static Table) -> Self {
        let first = |path: &'static str| path.split('.').next().unwrap_or(path);
        let columns = table.columns.iter().filter_map(|column| match column.found {
            Found::Named => Some(column.name),
            Found::At(path) | Found::IsList(path) => Some(first(path)),
            _ => None,
        });
        let lists = TABLES.iter().filter_map(|other| match other.origin {
            Origin::Nested { of, rows } if of.name == table.name => Some(first(rows)),
            _ => None,
        });
        Self {
            known: columns.chain(lists).collect(),
            is_bare: table.columns.iter().any(|column| column.found == Found::Itself),
            ..Self::default()
        }
    }

    /// The slot of a path of fields, each path one.
    fn want(&mut self, path: &'static str) -> usize {
        let node = path.split('.').fold(&mut self.fields, |node, name| node.within.entry(name).or_default());
        let slot = *node.slot.get_or_insert(self.slots);
        self.slots = self.slots.max(slot + 1);
        slot
    }
}

impl Node {
    /// Takes a field's value, and notes in `twice` where another value was taken before: a field that stands twice counts as it
    /// stands last, but what it says cannot be told where the two differ.
    fn fill<'a>(&self, value: &'a RawValue, slots: &mut [Option<&'a RawValue>], twice: &mut Vec<usize>) {
        if let Some(slot) = self.slot {
            put(slot, (value.get() != "null").then_some(value), slots, twice);
        }
        if !self.within.is_empty() {
            let mut before = Vec::new();
            self.within.values().for_each(|node| node.take(slots, &mut before));
            // What is no object has no fields: the columns in it are missing, and said to be where they are required.
            let _ = each_field(value.get(), |name, value| {
                if let Some(node) = self.within.get(&*name) {
                    node.fill(value, slots, twice);
                }
            });
            for (slot, value) in before {
                if slots[slot].is_none_or(|now| now.get() != value.get()) {
                    twice.push(slot);
                }
            }
        }
    }

    /// Empties the slots of a field and of those in it, keeping what stood there.
    fn take<'a>(&self, slots: &mut [Option<&'a RawValue>], into: &mut Vec<(usize, &'a RawValue)>) {
        if let Some(slot) = self.slot {
            into.extend(slots[slot].take().map(|value| (slot, value)));
        }
        self.within.values().for_each(|node| node.take(slots, into));
    }
}

fn put<'a>(slot: usize, value: Option<&'a RawValue>, slots: &mut [Option<&'a RawValue>], twice: &mut Vec<usize>) {
    let before = std::mem::replace(&mut slots[slot], value);
    if before.is_some_and(|before| value.is_none_or(|value| value.get() != before.get())) {
        twice.push(slot);
    }
}

/// The rows of a body, and whether they are a list: some endpoints answer with a single object.
fn listed(body: &[u8]) -> Result<(Vec<&RawValue>, bool), String> {
    let body = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut data: Option<&RawValue> = None;
    each_field(body, |name, value| {
        if name == ROWS {
            data = Some(value);
        }
    })
    .map_err(|error| format!("the body is no JSON object: {error}"))?;
    let data = data.ok_or_else(|| format!("the body has no `{ROWS}`"))?;
    match data.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(data.get()).map(|rows| (rows, true)).map_err(|error| error.to_string()),
        Some(b'{') => Ok((vec![data], false)),
        _ => Err(format!("`{ROWS}` is no list")),
    }
}

/// Equal where neither the row nor what it was asked with has changed.
fn fingerprint(about: &About, raw: &RawValue) -> i64 {
    let mut hash = XxHash3_128::new();
    hash.write(raw.get().as_bytes());
    for (name, value) in &about.asked {
        hash.write(&[0]);
        hash.write(name.as_bytes());
        hash.write(&[0]);
        hash.write(value.as_bytes());
    }
    (hash.finish_128() as u64).cast_signed()
}

fn push_path(pointer: &mut String, path: &str) {
    for name in path.split('.') {
        pointer.push('/');
        pointer.push_str(name);
    }
}

/// Calls `with` for each field of a JSON object.
fn each_field<'a>(json: &'a str, with: impl FnMut(Cow<'a, str>, &'a RawValue)) -> serde_json::Result<()> {
    struct Fields<F>(F);
    impl<'a, F: FnMut(Cow<'a, str>, &'a RawValue)> Visitor<'a> for Fields<F> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(Name(name)) = map.next_key()? {
                let value = map.next_value().map_err(A::Error::custom)?;
                (self.0)(name, value);
            }
            Ok(())
        }
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Fields(with))?;
    reader.end()
}

/// A name of a field, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn answer(body: &str) -> Answer {
        let about = About {
            series: String::new(),
            page: 1,
            asked: ["customer_id", "rate_card_id"].map(|name| (name.to_owned(), "asked".to_owned())).into(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            request_body: None,
            status: 200,
            received_at: 1,
            sha256: String::new(),
        };
        Answer { about, body: body.as_bytes().to_vec() }
    }

    /// Pointer and cells of each row.
    fn met(table: &str, body: &str) -> Vec<String> {
        let answer = answer(body);
        let walk = Walk::of(catalog::table("api", table).unwrap());
        let table = catalog::table("api", table).unwrap();
        let mut lines = Vec::new();
        let show = |cell: Cell<'_>| match cell {
            Cell::Missing => None,
            Cell::Json(raw) => Some(raw.get().to_owned()),
            Cell::Text(text) => Some(text.to_owned()),
            Cell::Whole(value) => Some(value.to_string()),
            Cell::Truth(truth) => Some(truth.to_string()),
            Cell::Twice(last) => Some(format!("twice:{}", last.get())),
        };
        walk.rows(&answer, &mut |met| {
            lines.push(match met {
                Met::Row(row) => {
                    let cells = table.columns.iter().zip(row.columns());
                    let cells: Vec<_> =
                        cells.filter_map(|(column, cell)| Some(format!("{}={}", column.name, show(cell)?))).collect();
                    format!("{} {}", row.pointer, cells.join(" "))
                }
                Met::Wrong { pointer, text, expected } => format!("{pointer} {text}: {expected}"),
            });
        })
        .unwrap();
        lines
    }

    #[test]
    fn lines_carry_what_their_invoice_says_and_their_place_in_it() {
        let body = r#"{"data": [
            {"id": "i1", "status": "FINALIZED", "customer_id": "c1", "line_items": [
                {"name": "a", "total": 1.10, "credit_type": {"id": "u", "name": "USD (cents)"}},
                {"name": "b", "total": 2}
            ]},
            {"id": "i2", "status": "DRAFT", "line_items": []},
            {"id": "i3", "line_items": null}
        ]}"#;
        let lines = met("invoice_line_items", body);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with(r#"/data/0/line_items/0 invoice_id="i1" line_number=0"#), "{lines:?}");
        assert!(lines[0].contains(r#"total=1.10 credit_type_id="u""#), "{lines:?}");
        assert!(lines[1].contains(r#"invoice_status="FINALIZED""#) && lines[1].contains(r#"name="b""#), "{lines:?}");
    }

    #[test]
    fn of_a_row_that_stands_twice_in_an_answer_only_the_last_is_met() {
        let body = r#"{"data": [{"id": "c", "name": "old"}, {"id": "d"}, {"id": "c", "name": "new"}]}"#;
        let lines = met("customers", body);
        assert_eq!(lines, [r#"/data/1 id="d""#, r#"/data/2 id="c" name="new""#]);
    }

    #[test]
    fn rows_without_a_key_of_their_own_are_told_by_all_that_is_in_them() {
        let rate = |group: &str| {
            format!(
                r#"{{"product_id": "p", "starting_at": "2024-01-01T00:00:00Z", "pricing_group_values": {{"zone": "{group}"}}}}"#
            )
        };
        let body = format!(r#"{{"data": [{}, {}, {}]}}"#, rate("a"), rate("b"), rate("a"));
        let lines = met("rate_schedules", &body);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("/data/1 ") && lines[1].starts_with("/data/2 "), "{lines:?}");
    }

    #[test]
    fn what_should_be_rows_and_is_not_is_met_as_wrong_with_its_place() {
        let body = r#"{"data": [7, {"id": "i", "line_items": "none"}, {"id": "j", "line_items": [[]]}]}"#;
        let lines = met("invoice_line_items", body);
        assert_eq!(
            lines,
            [
                "/data/0 7: expected an object",
                "/data/1/line_items \"none\": expected a list",
                "/data/2/line_items/0 []: expected an object"
            ]
        );
    }

    #[test]
    fn a_field_that_stands_twice_is_told_where_it_says_different_things() {
        let body = r#"{"data": [{"id": "a", "name": "x", "name": "x"}, {"id": "b", "name": "x", "name": "y"}, {"id": "c", "id": "d"}]}"#;
        let lines = met("customers", body);
        assert_eq!(
            lines,
            [r#"/data/0 id="a" name="x""#, r#"/data/1 id="b" name=twice:"y""#, r#"/data/2 id=twice:"d""#]
        );
    }

    #[test]
    fn a_list_that_is_null_or_missing_is_told_from_an_empty_one() {
        let body = r#"{"data": [{"id": "i", "line_items": []}, {"id": "j", "line_items": null}, {"id": "k"}]}"#;
        let told: Vec<_> = met("invoices", body).iter().map(|line| line.contains("has_line_items=true")).collect();
        assert_eq!(told, [true, false, false]);
    }

    #[test]
    fn a_body_without_rows_is_refused() {
        let walk = Walk::of(catalog::table("api", "customers").unwrap());
        for (body, reason) in
            [("[]", "no JSON object"), ("{}", "no `data`"), (r#"{"data": 1}"#, "no list"), ("{", "no JSON")]
        {
            let error = walk.rows(&answer(body), &mut |_| {}).unwrap_err();
            assert!(error.contains(reason), "{body}: {error}");
        }
    }
}
