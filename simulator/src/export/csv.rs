//! CSV text and the paths of export files; knows no table.

use super::mark;
use crate::account::Account;
use crate::calendar::{Millis, compact_text, day_text, rfc3339_text, seconds_text, unpadded_text};
use crate::decimal::{Amount, Quantity, plain};
use crate::json::{Json, Object};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The value of a row in one column.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    /// Null.
    Empty,
    /// As it is.
    Text(String),
    /// A moment; in flat files to the second.
    Time(Millis),
    /// A moment of an invoice; in flat files with an unpadded hour.
    Unpadded(Millis),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The environment of every row: an account for trying things out.
pub(crate) const ENVIRONMENT: &str = "SANDBOX";

pub(crate) fn json_list(words: &[String]) -> Cell {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(",")).into()
}

pub(crate) fn json(object: Object) -> Cell {
    Json::from(object).text().into()
}

pub(crate) fn optional(text: Option<String>) -> Cell {
    text.map_or(Cell::Empty, Cell::Text)
}

pub(crate) fn amount(amount: Amount) -> Cell {
    plain(amount.0, Amount::SCALE).into()
}

pub(crate) fn quantity(quantity: Quantity) -> Cell {
    plain(quantity.0, Quantity::SCALE).into()
}

/// A row: its columns in the order of the file, each beside its value.
pub(crate) type Row = Vec<(&'static str, Cell)>;

/// Rows of one table, small enough to hold.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl Table {
    /// A table of rows that all have the same columns: those of the first are the header line.
    pub(crate) fn new(name: &'static str, rows: Vec<Row>) -> Self {
        Self { name, rows }
    }

    /// The table as CSV text: flat, or as a transfer writes it.
    pub(crate) fn text(&self, flat: bool) -> String {
        let end = if flat { "\r\n" } else { "\n" };
        let columns: Vec<&str> = self.rows.iter().take(1).flatten().map(|(column, _)| *column).collect();
        let mut text = columns.join(",") + end;
        for row in &self.rows {
            record(&mut text, row, flat);
            text.push_str(end);
        }
        text
    }
}

/// Appends a row without the end of its line: flat, or as a transfer writes it.
pub(crate) fn record(text: &mut String, row: &Row, flat: bool) {
    for (place, (_, cell)) in row.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match (cell, flat) {
            (Cell::Empty, _) => {}
            (Cell::Text(value), _) => field(text, value),
            (Cell::Time(at), true) => text.push_str(&seconds_text(*at)),
            (Cell::Unpadded(at), true) => text.push_str(&unpadded_text(*at)),
            (Cell::Time(at) | Cell::Unpadded(at), false) => text.push_str(&rfc3339_text(*at)),
        }
    }
}

/// Appends one field, quoted where RFC 4180 asks for it.
pub(crate) fn field(text: &mut String, value: &str) {
    if !value.contains([',', '"', '\n', '\r']) {
        text.push_str(value);
        return;
    }
    text.push('"');
    for (place, piece) in value.split('"').enumerate() {
        if place > 0 {
            text.push_str("\"\"");
        }
        text.push_str(piece);
    }
    text.push('"');
}

/// The `egress` folder of a landing area, and what has been transferred into it so far.
pub(super) struct Egress<'a> {
    account: &'a Account,
    root: PathBuf,
    transfers: Vec<(String, Millis, String)>,
    written: Vec<String>,
}

impl<'a> Egress<'a> {
    pub(super) fn new(account: &'a Account, root: PathBuf) -> Self {
        Self { account, root, transfers: Vec::new(), written: Vec::new() }
    }

    /// Writes `<prefix><table>.csv`; nothing where there is no row.
    pub(super) fn flat(&mut self, prefix: &str, table: &Table) -> io::Result<()> {
        if table.rows.is_empty() {
            return Ok(());
        }
        self.write(&format!("{prefix}{}.csv", table.name), table.text(true).as_bytes())
    }

    /// Writes one part of a transfer; nothing where there is no row, as a transfer without rows makes no file.
    pub(super) fn transfer(&mut self, at: Millis, part: u32, table: &Table) -> io::Result<()> {
        if table.rows.is_empty() {
            return Ok(());
        }
        self.part(table.name, at, part, "csv", table.text(false).as_bytes())
    }

    /// Writes the bytes of one part of a transfer and notes it for the manifest.
    pub(super) fn part(&mut self, table: &str, at: Millis, part: u32, ending: &str, bytes: &[u8]) -> io::Result<()> {
        let key = format!("{table}/dt={}/{part}_{}.{ending}", day_text(at), compact_text(at));
        self.write(&key, bytes)?;
        self.transfers.push((table.into(), at, key));
        Ok(())
    }

    /// Writes a file below the folder as it is.
    pub(super) fn write(&mut self, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.written.push(key.into());
        write_file(&self.root.join(key), bytes)
    }

    /// Marks the files as the sample's.
    pub(super) fn mark(&self) -> io::Result<()> {
        mark::add(&self.root, &self.written)
    }

    /// Writes a manifest for each transfer of each table: the mark that its parts are complete.
    pub(super) fn manifests(mut self) -> io::Result<()> {
        self.transfers.sort();
        let transfers = std::mem::take(&mut self.transfers);
        for transfer in transfers.chunk_by(|one, next| (&one.0, one.1) == (&next.0, next.1)) {
            let Some((table, at, _)) = transfer.first() else { continue };
            let id = self.account.id(table, &[*at as u64]);
            let keys: Vec<String> =
                transfer.iter().map(|(_, _, key)| format!("{{\"data_file_key\":\"{key}\"}}")).collect();
            let text = format!(
                "{{\"version\":1,\"transfer_id\":\"{id}\",\"model_name\":\"{table}\",\"start_time\":\"{time}\",\
                 \"end_time\":\"{time}\",\"file_format\":\"csv\",\"transfer_type\":\"INCREMENTAL\",\"files\":[{}]}}\n",
                keys.join(","),
                time = rfc3339_text(*at),
            );
            self.write(&format!("_manifests/{table}/dt={}/manifest_{id}.json", day_text(*at)), text.as_bytes())?;
        }
        Ok(())
    }
}

/// Writes a file and its folders; an error says which file.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(bytes)?;
        file.flush()
    };
    write().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
