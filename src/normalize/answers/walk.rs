//! From answers to the rows of the tables that they are made into: where their columns stand is worked out once from the
//! catalog, and then every row of every table is found in one pass over the text. Values stay the text they are; nothing
//! is parsed as a number here.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroU32;

use serde_json::value::RawValue;
use twox_hash::XxHash3_128;

use crate::catalog::{Class, Column, Found, Origin, TABLES, Table};
use crate::place::journal::{About, Answer};
use crate::value::Invalid;
use crate::value::json::Scanner;

/// What some proxies put before a body.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Where the rows of an answer are.
const ROWS: &str = "data";

/// How the rows of some tables are found: listed rows, and the rows in them.
pub struct Walk {
    /// Levels of rows, the listed ones first.
    levels: Vec<Level>,
    tables: Vec<Sources>,
    /// What identifies the listed row: rows that are nested in it come and go with it.
    set: Vec<Source>,
    /// Whether all that is in it does, too.
    is_told_by_fingerprint: bool,
}

/// Where what is wanted of a table's rows is.
struct Sources {
    columns: Vec<Source>,
    /// The column that says which reads replace a row.
    class: Option<Source>,
}

/// The rows of one table.
struct Level {
    of: &'static Table,
    /// Fields that the catalog knows.
    fields: Nodes,
    /// How many values are wanted of a row.
    slots: usize,
    /// The arrays with rows of further levels.
    lists: Vec<List>,
    /// The table whose rows these are, where it is one that is wanted.
    table: Option<usize>,
    /// Tables whose rows are these or in these.
    below: Vec<usize>,
    /// Rows are bare values and no objects.
    is_bare: bool,
}

/// An array with the rows of another level.
struct List {
    slot: usize,
    path: &'static str,
    level: usize,
}

/// Fields by name.
type Nodes = HashMap<&'static str, Node, BuildHasherDefault<NameHash>>;

/// A field; it may be wanted itself and for the fields in it.
#[derive(Default)]
struct Node {
    slot: Option<usize>,
    within: Nodes,
    /// The level of the rows in it, where it is an array of them.
    level: Option<usize>,
}

/// Where a column's value is. Rows lie in each other: a depth of 0 is the listed row.
#[derive(Debug, Clone, Copy)]
enum Source {
    Slot { depth: usize, slot: usize },
    Ordinal { depth: usize },
    Asked(&'static str),
    Itself { depth: usize },
    IsList { depth: usize, slot: usize },
}

/// What stands for a column in a row.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing, or null.
    Missing,
    /// A JSON value other than null.
    Json(&'a str),
    /// A parameter of the request.
    Text(&'a str),
    /// A place in an array.
    Whole(i64),
    /// Whether something is so.
    Truth(bool),
    /// The field stands several times in its row, and says different things.
    Twice(&'a str),
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

/// A row of a table.
pub struct Row<'a, 'b> {
    walk: &'b Walk,
    sources: Option<&'b Sources>,
    body: &'b Body<'a>,
    /// The row behind those that it lies in.
    frames: &'b [&'b Frame<'a>],
    /// Where it stands, a JSON pointer.
    pub pointer: &'b str,
    /// 64 bits of the XXH3 of the listed row's text and the parameters it was asked with.
    pub fingerprint: i64,
}

/// What was found in a body.
struct Body<'a> {
    about: &'a About,
    frames: Vec<Frame<'a>>,
    /// The values of all frames.
    slots: Vec<Option<Value<'a>>>,
    lists: Vec<Vec<Entry<'a>>>,
}

/// A row that is an object, or bare.
struct Frame<'a> {
    raw: &'a str,
    ordinal: usize,
    /// Where its values begin.
    slots: usize,
    /// Slots of fields that stand several times and say different things.
    twice: Vec<usize>,
    unknown: Vec<(Cow<'a, str>, &'a str)>,
}

/// A value other than null.
#[derive(Debug, Clone, Copy)]
struct Value<'a> {
    raw: &'a str,
    /// Which list of rows it is, counted from 1: there is a value for every field of every row, so it is to be small.
    list: Option<NonZeroU32>,
}

/// What stands where a row should: its text, and its frame where it is a row.
struct Entry<'a> {
    raw: &'a str,
    frame: Option<usize>,
}

impl Walk {
    /// The way to the rows of tables that are made from the answers of one endpoint.
    pub fn of(tables: &[&'static Table]) -> Self {
        let mut walk = Self { levels: Vec::new(), tables: Vec::new(), set: Vec::new(), is_told_by_fingerprint: false };
        for table in tables {
            walk.add(table);
        }
        walk
    }

    fn add(&mut self, table: &'static Table) {
        let number = self.tables.len();
        let mut lineage = vec![(table, 0)];
        while let Some((Table { origin: Origin::Nested { of, .. }, .. }, _)) = lineage.last() {
            lineage.push((of, 0));
        }
        lineage.reverse();
        for depth in 0..lineage.len() {
            let level = self.level(lineage[depth].0, depth.checked_sub(1).map(|above| lineage[above].1));
            self.levels[level].below.push(number);
            lineage[depth].1 = level;
        }
        let last = lineage.len() - 1;
        self.levels[lineage[last].1].table = Some(number);
        let root = lineage[0].0;
        if number == 0 {
            self.is_told_by_fingerprint = root.key.contains(&"_fingerprint");
            let key = root.columns.iter().filter(|column| root.key.contains(&column.name));
            self.set = key.map(|column| self.source(&lineage, 0, column)).collect();
        }
        let columns: Vec<_> = table.columns.iter().map(|column| self.source(&lineage, last, column)).collect();
        let class = match table.class {
            Class::Days { column } | Class::WhileShown { column, .. } => {
                table.columns.iter().position(|known| known.name == column).map(|place| columns[place])
            }
            _ => None,
        };
        self.tables.push(Sources { columns, class });
    }

    /// The level of a table's rows, in those of the level above.
    fn level(&mut self, table: &'static Table, above: Option<usize>) -> usize {
        if let Some(known) = self.levels.iter().position(|level| level.of.name == table.name) {
            return known;
        }
        let level = self.levels.len();
        self.levels.push(Level::of(table));
        if let (Some(above), Origin::Nested { rows, .. }) = (above, table.origin) {
            let slot = self.levels[above].want(rows);
            self.levels[above].node(rows).level = Some(level);
            self.levels[above].lists.push(List { slot, path: rows, level });
        }
        level
    }

    fn source(&mut self, lineage: &[(&'static Table, usize)], depth: usize, column: &Column) -> Source {
        let level = &mut self.levels[lineage[depth].1];
        match column.found {
            Found::Named => Source::Slot { depth, slot: level.want(column.name) },
            Found::At(path) => Source::Slot { depth, slot: level.want(path) },
            Found::Ordinal => Source::Ordinal { depth },
            Found::Asked(parameter) => Source::Asked(parameter),
            Found::Itself => Source::Itself { depth },
            Found::IsList(path) => Source::IsList { depth, slot: level.want(path) },
            Found::InParent(name) => {
                let above = depth.checked_sub(1);
                let found = above.and_then(|above| {
                    Some((above, lineage[above].0.columns.iter().find(|column| column.name == name)?))
                });
                // A test of the catalog holds that it is there.
                found.map_or(Source::Asked(""), |(above, column)| self.source(lineage, above, column))
            }
        }
    }

    /// Calls `with` for each row of the tables in an answer, in order, with the table's place among them. Of a row that an
    /// answer lists twice only the last is met. An answer that something is not there has no rows.
    ///
    /// # Errors
    /// Why the body is no answer.
    pub fn rows<'a>(&self, answer: &'a Answer, with: &mut dyn FnMut(usize, Met<'a, '_>)) -> Result<(), String> {
        if !(200..300).contains(&answer.about.status) {
            return Ok(());
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| "the body is not UTF-8".to_owned())?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mut body = Body { about: &answer.about, frames: Vec::new(), slots: Vec::new(), lists: Vec::new() };
        let (rows, is_list) = self.listed(text, &mut body)?;
        let fingerprints: Vec<_> = rows.iter().map(|row| fingerprint(body.about, row.raw)).collect();
        let counts = self.counting(&body, &rows, &fingerprints);
        let mut pointer = String::new();
        for (ordinal, entry) in rows.iter().enumerate().filter(|(ordinal, _)| counts[*ordinal]) {
            pointer.clear();
            pointer.push('/');
            pointer.push_str(ROWS);
            if is_list {
                // Writing to memory does not fail.
                let _ = write!(pointer, "/{ordinal}");
            }
            self.met(0, entry, fingerprints[ordinal], &body, &mut Vec::new(), &mut pointer, with);
        }
        Ok(())
    }

    /// The rows of a body, and whether they are a list: some endpoints answer with a single object.
    fn listed<'a>(&self, text: &'a str, body: &mut Body<'a>) -> Result<(Vec<Entry<'a>>, bool), String> {
        let mut data = None;
        let mut scanner = Scanner::of(text);
        let read = scanner.fields(|scanner, name| {
            if name != ROWS {
                return scanner.pass().map(drop);
            }
            data = Some(match scanner.first() {
                b'[' => Some((self.list(0, scanner, body)?.1, true)),
                b'{' => Some((vec![self.entry(0, 0, scanner, body)?], false)),
                _ => scanner.pass().map(|_| None)?,
            });
            Ok(())
        });
        if read.is_err() || scanner.finish().is_err() {
            let reason = serde_json::from_str::<&RawValue>(text).err();
            return Err(format!("the body is no JSON object{}", reason.map_or(String::new(), |it| format!(": {it}"))));
        }
        data.ok_or_else(|| format!("the body has no `{ROWS}`"))?.ok_or_else(|| format!("`{ROWS}` is no list"))
    }

    /// The array of a level's rows that is at hand: its text, and they.
    fn list<'a>(
        &self,
        level: usize,
        scanner: &mut Scanner<'a>,
        body: &mut Body<'a>,
    ) -> Result<(&'a str, Vec<Entry<'a>>), Invalid> {
        let mut entries = Vec::new();
        let raw = scanner.entries(|scanner| {
            let entry = self.entry(level, entries.len(), scanner, body)?;
            entries.push(entry);
            Ok(())
        })?;
        Ok((raw, entries))
    }

    /// What is at hand where a row of a level should be.
    fn entry<'a>(
        &self,
        level: usize,
        ordinal: usize,
        scanner: &mut Scanner<'a>,
        body: &mut Body<'a>,
    ) -> Result<Entry<'a>, Invalid> {
        let level = &self.levels[level];
        let slots = body.slots.len();
        body.slots.resize(slots + level.slots, None);
        let mut frame = Frame { raw: "", ordinal, slots, twice: Vec::new(), unknown: Vec::new() };
        let from = scanner.place();
        let read = match level.is_bare {
            true => scanner.pass(),
            false => scanner.fields(|scanner, name| match level.fields.get(&*name) {
                Some(node) => self.fill(node, &mut frame, scanner, body),
                None => scanner.pass().map(|raw| frame.unknown.push((name, raw))),
            }),
        };
        let Ok(raw) = read else {
            scanner.back_to(from);
            return Ok(Entry { raw: scanner.pass()?, frame: None });
        };
        frame.raw = raw;
        body.frames.push(frame);
        Ok(Entry { raw, frame: Some(body.frames.len() - 1) })
    }

    /// Takes the value at hand of a field, and notes in the frame where another value was taken before: a field that stands
    /// twice counts as it stands last, but what it says cannot be told where the two differ.
    fn fill<'a>(
        &self,
        node: &Node,
        frame: &mut Frame<'a>,
        scanner: &mut Scanner<'a>,
        body: &mut Body<'a>,
    ) -> Result<(), Invalid> {
        let mut list = None;
        let mut before = Vec::new();
        node.within.values().for_each(|node| node.take(&mut body.slots[frame.slots..], &mut before));
        let from = scanner.place();
        let raw = match (scanner.first(), node.level) {
            (b'[', Some(level)) => {
                let (raw, entries) = self.list(level, scanner, body)?;
                body.lists.push(entries);
                list = u32::try_from(body.lists.len()).ok().and_then(NonZeroU32::new);
                raw
            }
            (b'{', _) if !node.within.is_empty() => {
                let read = scanner.fields(|scanner, name| match node.within.get(&*name) {
                    Some(node) => self.fill(node, frame, scanner, body),
                    None => scanner.pass().map(drop),
                });
                // What is no object has no fields: the columns in it are missing, and said to be where they are required.
                read.or_else(|_| {
                    scanner.back_to(from);
                    scanner.pass()
                })?
            }
            _ => scanner.pass()?,
        };
        let slots = &mut body.slots[frame.slots..];
        for (slot, value) in before {
            if slots[slot].is_none_or(|now| now.raw != value.raw) {
                frame.twice.push(slot);
            }
        }
        if let Some(slot) = node.slot {
            let value = Some(Value { raw, list }).filter(|value| value.raw != "null");
            let before = std::mem::replace(&mut slots[slot], value);
            if before.is_some_and(|before| value.is_none_or(|value| value.raw != before.raw)) {
                frame.twice.push(slot);
            }
        }
        Ok(())
    }

    /// The rows of the tables in what stands at the pointer, inside other rows.
    #[expect(clippy::too_many_arguments, reason = "a place in a tree, on the way down")]
    fn met<'a, 'b>(
        &self,
        level: usize,
        entry: &Entry<'a>,
        fingerprint: i64,
        body: &'b Body<'a>,
        above: &mut Vec<&'b Frame<'a>>,
        pointer: &mut String,
        with: &mut dyn FnMut(usize, Met<'a, '_>),
    ) {
        let level = &self.levels[level];
        let Some(frame) = entry.frame.map(|frame| &body.frames[frame]) else {
            for table in &level.below {
                with(*table, Met::Wrong { pointer, text: entry.raw, expected: "expected an object" });
            }
            return;
        };
        above.push(frame);
        if let Some(table) = level.table {
            let sources = Some(&self.tables[table]);
            with(table, Met::Row(Row { walk: self, sources, body, frames: above, pointer, fingerprint }));
        }
        let length = pointer.len();
        for list in &level.lists {
            let Some(value) = body.slots[frame.slots + list.slot] else { continue };
            push_path(pointer, list.path);
            let list_length = pointer.len();
            match value.list.map(|list| &body.lists[list.get() as usize - 1]) {
                None => {
                    for table in &self.levels[list.level].below {
                        with(*table, Met::Wrong { pointer, text: value.raw, expected: "expected a list" });
                    }
                }
                Some(entries) => {
                    for (ordinal, entry) in entries.iter().enumerate() {
                        pointer.truncate(list_length);
                        let _ = write!(pointer, "/{ordinal}");
                        self.met(list.level, entry, fingerprint, body, above, pointer, with);
                    }
                }
            }
            pointer.truncate(length);
        }
        above.pop();
    }

    /// Which of the listed rows count: all but those that the same answer lists again further on.
    fn counting(&self, body: &Body<'_>, rows: &[Entry<'_>], fingerprints: &[i64]) -> Vec<bool> {
        let mut counts = vec![true; rows.len()];
        let mut seen = HashSet::new();
        let mut key = Vec::new();
        for (place, entry) in rows.iter().enumerate().rev() {
            let Some(frame) = entry.frame.map(|frame| &body.frames[frame]) else { continue };
            key.clear();
            let row = Row { walk: self, sources: None, body, frames: &[frame], pointer: "", fingerprint: 0 };
            let mut is_whole = true;
            for source in &self.set {
                match row.cell(*source) {
                    Cell::Missing => is_whole = false,
                    Cell::Json(text) | Cell::Text(text) => key.extend_from_slice(text.as_bytes()),
                    Cell::Whole(value) => key.extend_from_slice(&value.to_le_bytes()),
                    Cell::Truth(_) | Cell::Twice(_) => is_whole = false,
                }
                key.push(0);
            }
            if self.is_told_by_fingerprint {
                key.extend_from_slice(&fingerprints[place].to_le_bytes());
            }
            counts[place] = !is_whole || seen.insert(XxHash3_128::oneshot(&key));
        }
        counts
    }
}

impl<'a> Row<'a, '_> {
    /// What stands for each column of the table.
    pub fn columns(&self) -> impl Iterator<Item = Cell<'a>> + '_ {
        self.sources.iter().flat_map(|sources| &sources.columns).map(|source| self.cell(*source))
    }

    /// What identifies the listed row.
    pub fn set(&self) -> impl Iterator<Item = Cell<'a>> + '_ {
        let fingerprint = self.walk.is_told_by_fingerprint.then_some(Cell::Whole(self.fingerprint));
        self.walk.set.iter().map(|source| self.cell(*source)).chain(fingerprint)
    }

    /// What stands for the column that says which reads replace the row.
    pub fn class(&self) -> Cell<'a> {
        self.sources.and_then(|sources| sources.class).map_or(Cell::Missing, |source| self.cell(source))
    }

    /// Fields of the row that the catalog does not know.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, &'a str)> {
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
        let value = |depth: usize, slot: usize| self.body.slots[self.frames[depth].slots + slot];
        match source {
            Source::Slot { depth, slot } => match value(depth, slot) {
                Some(Value { raw, .. }) if self.frames[depth].twice.contains(&slot) => Cell::Twice(raw),
                Some(Value { raw, .. }) => Cell::Json(raw),
                None => Cell::Missing,
            },
            Source::IsList { depth, slot } => {
                Cell::Truth(value(depth, slot).is_some_and(|value| value.raw.starts_with('[')))
            }
            Source::Ordinal { depth } => Cell::Whole(i64::try_from(self.frames[depth].ordinal).unwrap_or(i64::MAX)),
            Source::Asked(parameter) => {
                self.body.about.asked.get(parameter).map_or(Cell::Missing, |text| Cell::Text(text))
            }
            Source::Itself { depth } => Cell::Json(self.frames[depth].raw),
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
            of: table,
            fields: columns.chain(lists).map(|name| (name, Node::default())).collect(),
            slots: 0,
            lists: Vec::new(),
            table: None,
            below: Vec::new(),
            is_bare: table.columns.iter().any(|column| column.found == Found::Itself),
        }
    }

    /// The slot of a path of fields, each path one.
    fn want(&mut self, path: &'static str) -> usize {
        let next = self.slots;
        let slot = *self.node(path).slot.get_or_insert(next);
        self.slots = self.slots.max(slot + 1);
        slot
    }

    fn node(&mut self, path: &'static str) -> &mut Node {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let node = self.fields.entry(first).or_default();
        rest.into_iter().flat_map(|rest| rest.split('.')).fold(node, |node, name| node.within.entry(name).or_default())
    }
}

impl Node {
    /// Empties the slots of a field and of those in it, keeping what stood there.
    fn take<'a>(&self, slots: &mut [Option<Value<'a>>], into: &mut Vec<(usize, Value<'a>)>) {
        if let Some(slot) = self.slot {
            into.extend(slots[slot].take().map(|value| (slot, value)));
        }
        self.within.values().for_each(|node| node.take(slots, into));
    }
}

/// A hash for names of fields, looked up once for every field of every row. The names in a map are the catalog's, so nobody
/// can choose them to collide.
#[derive(Default)]
struct NameHash(u64);

impl Hasher for NameHash {
    fn write(&mut self, bytes: &[u8]) {
        let mut mix = |word: u64| self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
        mix(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        // Its upper bits are the better ones, and the map takes the lower.
        self.0 ^ self.0 >> 32
    }
}

/// Equal where neither the row nor what it was asked with has changed.
fn fingerprint(about: &About, raw: &str) -> i64 {
    let mut hash = XxHash3_128::new();
    hash.write(raw.as_bytes());
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

    /// Pointer and cells of each row of one of these tables.
    fn met_of(names: &[&str], wanted: usize, body: &str) -> Vec<String> {
        let answer = answer(body);
        let tables: Vec<_> = names.iter().map(|name| catalog::table("api", name).unwrap()).collect();
        let mut lines = Vec::new();
        let show = |cell: Cell<'_>| match cell {
            Cell::Missing => None,
            Cell::Json(text) | Cell::Text(text) => Some(text.to_owned()),
            Cell::Whole(value) => Some(value.to_string()),
            Cell::Truth(truth) => Some(truth.to_string()),
            Cell::Twice(last) => Some(format!("twice:{last}")),
        };
        let with = &mut |table: usize, met: Met<'_, '_>| {
            if table != wanted {
                return;
            }
            lines.push(match met {
                Met::Row(row) => {
                    let cells = tables[table].columns.iter().zip(row.columns());
                    let cells: Vec<_> =
                        cells.filter_map(|(column, cell)| Some(format!("{}={}", column.name, show(cell)?))).collect();
                    let unknown: Vec<_> = row.unknown().map(|(name, value)| format!(" ?{name}={value}")).collect();
                    format!("{} {}{}", row.pointer, cells.join(" "), unknown.concat())
                }
                Met::Wrong { pointer, text, expected } => format!("{pointer} {text}: {expected}"),
            });
        };
        Walk::of(&tables).rows(&answer, with).unwrap();
        lines
    }

    fn met(table: &str, body: &str) -> Vec<String> {
        met_of(&[table], 0, body)
    }

    #[test]
    fn the_rows_of_a_table_are_the_same_alone_and_beside_other_tables_of_the_answer() {
        const TABLES: [&str; 6] = [
            "invoices",
            "invoice_line_items",
            "invoice_sub_line_items",
            "invoice_sub_line_item_tiers",
            "invoice_adjustments",
            "constituent_invoices",
        ];
        let body = r#"{"next_page": null, "data": [
            {"id": "i1", "new": {"deep": [1]}, "line_items": [
                {"name": "a", "total": 1.10, "more": 2, "sub_line_items": [
                    {"name": "s", "quantity": 2, "tiers": [{"quantity": 1}, 7, {"quantity": 2, "quantity": 3}]},
                    []
                ]},
                {"name": "b", "credit_type": {"id": "u"}, "credit_type": {"id": "v"}, "sub_line_items": {}},
                null
            ], "invoice_adjustments": [{"name": "x"}], "constituent_invoices": [{"invoice_id": "c"}]},
            {"id": "i2", "line_items": [{"name": "old"}], "line_items": [{"name": "new"}], "invoice_adjustments": 3},
            "none",
            {"id": "i3", "line_items": [{"name": "gone"}], "line_items": null},
            {"id": "i4", "line_items": [{"\ud83d": 1}, {"name": "\ud83d"}]}
        ]}"#;
        let mut rows = 0;
        for (number, name) in TABLES.into_iter().enumerate() {
            let alone = met(name, body);
            assert_eq!(met_of(&TABLES, number, body), alone, "{name}");
            if number > 0 {
                assert_eq!(met_of(&[name, "invoices"], 0, body), alone, "{name}");
            }
            rows += alone.len();
        }
        assert!(rows > 15, "{rows}");
    }

    #[test]
    fn half_of_a_surrogate_pair_and_deep_nesting_are_the_concern_of_their_column() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let body =
            format!(r#"{{"data": [{{"id": "a", "name": "x\ud83d", "custom_fields": {deep}}}], "deep": {deep}}}"#);
        let lines = met("customers", &body);
        assert_eq!(lines, [format!(r#"/data/0 id="a" name="x\ud83d" custom_fields={deep}"#)]);
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
        let walk = Walk::of(&[catalog::table("api", "customers").unwrap()]);
        for (body, reason) in
            [("[]", "no JSON object"), ("{}", "no `data`"), (r#"{"data": 1}"#, "no list"), ("{", "no JSON")]
        {
            let error = walk.rows(&answer(body), &mut |_, _| {}).unwrap_err();
            assert!(error.contains(reason), "{body}: {error}");
        }
    }
}
