//! Metronome's data export in the landing folder: which files are there, which table each belongs to, and in which
//! order they count. Reads names, and the first bytes of files whose names do not tell their format.
//!
//! Two layouts: flat files named after their table (`invoice.csv`, `Some Export - invoice (1).csv.gz`), and folders that bear a
//! table's name, in which every data file is read whatever it is called (`invoice/dt=2024-03-02/7_20240302040000.parquet`, the
//! vendor's, where the name tells transfer and part; `invoice/part-00000-….snappy.parquet`, a writer's). A data file that is no
//! table's, and a table's file that cannot be read, are told apart from what merely lies there.

mod names;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::delivery::{Delivery, Format, SourceFile};
use super::sample::MARK;
use crate::catalog;
use crate::error::Result;
use crate::place::location::Location;
use crate::settings::DeliveryPlace;
use names::{Ending, Fit};
use tree::{Entry, Kind, Tree};

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files of known tables, ordered by table, then as their rows count.
    pub deliveries: Vec<Delivery>,
    /// What is no data file, by name.
    pub unmatched: Vec<String>,
    /// Data files that are not read.
    pub unread: Vec<Unread>,
    /// The mark of sample data, where it stands beside the files.
    pub mark: Option<Location>,
    /// Manifests of transfers, by their names.
    pub manifests: Vec<(String, Location)>,
}

/// A data file that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its name.
    pub name: String,
    /// Why it is not.
    pub reason: String,
    /// Whether it is a table's: without it the table is not whole.
    pub is_of_table: bool,
}

/// Looks through the place that files are delivered into: `egress` in it where there is one, else all of it.
///
/// Folders and files that begin with `_`, `.` or `~$` are what writers keep beside their data and are passed over, but for the mark of
/// sample data and the manifests of transfers.
///
/// # Errors
/// Usage (exit 2) when the place is not there; failed when it cannot be read; of a store also auth (4) and temporary (75).
pub fn discover(place: &DeliveryPlace) -> Result<Discovery> {
    let (tree, beside) = Tree::of(place)?;
    let mut search = Search { tree, found: Discovery::default(), visited: BTreeSet::new() };
    // Files beside `egress/` are somebody's mistake, not somebody's secret.
    beside.iter().filter(|name| !is_hidden(name)).for_each(|name| search.beside(name));
    search.folder("")?;
    // Where there is no folder `egress`, the books are among all that is there.
    if search.tree.is_nested() {
        search.books()?;
    }
    Ok(search.ended())
}

/// The files of finance's own books alone: `books` in the place that files are delivered into, where there is one.
///
/// # Errors
/// As [`discover`].
pub fn discover_books(place: &DeliveryPlace) -> Result<Discovery> {
    // The API needs no landing folder.
    if matches!(place, DeliveryPlace::Folder(landing) if !landing.is_dir()) {
        return Ok(Discovery::default());
    }
    let (tree, _) = Tree::of(place)?;
    let mut search = Search { tree, found: Discovery::default(), visited: BTreeSet::new() };
    search.books()?;
    Ok(search.ended())
}

/// Where a file of this name is delivered, if it is there; the name is as in `_source_file`.
///
/// # Errors
/// As [`crate::place::store::Store::list`], of a store.
pub fn find(place: &DeliveryPlace, name: &str) -> Result<Option<Location>> {
    match place {
        DeliveryPlace::Folder(landing) => {
            let path = root(landing).join(name);
            Ok(Some(Location::File(path.clone())).filter(|_| path.exists()))
        }
        DeliveryPlace::Store(_) => {
            let (tree, _) = Tree::of(place)?;
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
            let entries = tree.entries(folder, &mut BTreeSet::new())?.unwrap_or_default();
            Ok(entries.into_iter().find(|entry| entry.name == file).and_then(|entry| match entry.kind {
                Kind::File { at, .. } => Some(at),
                _ => None,
            }))
        }
    }
}

/// The folder that the files are in.
pub fn root(landing: &Path) -> PathBuf {
    let nested = landing.join("egress");
    if nested.is_dir() { nested } else { landing.to_path_buf() }
}

/// The folder of finance's own books, beside `egress` where that is there.
const BOOKS: &str = "books";

/// The folder of the vendor's manifests.
const MANIFESTS: &str = "_manifests";

fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.']) || name.starts_with("~$")
}

struct Search {
    tree: Tree,
    found: Discovery,
    /// Folders by where they really are: a link may lead back to one.
    visited: BTreeSet<PathBuf>,
}

impl Search {
    /// Looks through a folder, by its name from the root on.
    fn folder(&mut self, folder: &str) -> Result<()> {
        let Some(entries) = self.tree.entries(folder, &mut self.visited)? else {
            self.found.unmatched.push(folder.to_owned());
            return Ok(());
        };
        let table = table_of_folder(folder);
        if let (Some(table), Some(kept)) = (table, self.table_format(folder, &entries)?) {
            self.unread(
                folder,
                format!("it is a {kept} table of {table}: which of its files count, its log says"),
                true,
            );
            return Ok(());
        }
        for entry in entries {
            self.entry(&join(folder, &entry.name), entry, table)?;
        }
        Ok(())
    }

    /// Looks through the folder of finance's own books.
    fn books(&mut self) -> Result<()> {
        let folder = if self.tree.is_nested() { format!("../{BOOKS}") } else { BOOKS.to_owned() };
        if self.tree.has(&folder) { self.folder(&folder) } else { Ok(()) }
    }

    /// What was found, in order.
    fn ended(self) -> Discovery {
        let mut found = self.found;
        found.deliveries.sort_by(|left, right| (left.table, &left.source).cmp(&(right.table, &right.source)));
        found.unmatched.sort();
        found.unread.sort_by(|left, right| left.name.cmp(&right.name));
        found
    }

    fn entry(&mut self, name: &str, entry: Entry, table: Option<&'static str>) -> Result<()> {
        let Entry { name: file, kind } = entry;
        if matches!(kind, Kind::Unnamed) {
            self.found.unmatched.push(name.to_owned());
            return Ok(());
        }
        if is_hidden(&file) {
            match (name, kind) {
                (MARK, Kind::File { at, .. }) => self.found.mark = Some(at),
                (MANIFESTS, Kind::Folder) => self.manifests(name)?,
                _ => {}
            }
            return Ok(());
        }
        let (ending, stem) = names::ending(&file);
        let (at, size_bytes, modified_at) = match kind {
            Kind::File { at, size_bytes, modified_at } => (at, size_bytes, modified_at),
            Kind::Folder if matches!(ending, Ending::None) => return self.folder(name),
            Kind::Folder => {
                self.not_a_file(name, "a folder with the name of a file", stem, ending, table);
                return Ok(());
            }
            Kind::Other(what) => {
                self.not_a_file(name, what, stem, ending, table);
                return Ok(());
            }
            Kind::Unnamed => return Ok(()),
        };
        match judge(&at, table, ending, stem)? {
            Judged::Of(table, format) => self.found.deliveries.push(Delivery {
                schema: if table == catalog::books().name { "books" } else { "egress" },
                table,
                source: SourceFile::named(name.to_owned()),
                format,
                size_bytes,
                modified_at,
                at,
            }),
            Judged::Unread { reason, is_of_table } => self.unread(name, reason, is_of_table),
            Judged::Other => self.found.unmatched.push(name.to_owned()),
            Judged::Beside => {}
        }
        Ok(())
    }

    /// Notes the manifests in a folder and below it.
    fn manifests(&mut self, folder: &str) -> Result<()> {
        for Entry { name, kind } in self.tree.entries(folder, &mut self.visited)?.unwrap_or_default() {
            let path = join(folder, &name);
            match kind {
                Kind::Folder => self.manifests(&path)?,
                Kind::File { at, .. } if name.ends_with(".json") => self.found.manifests.push((path, at)),
                _ => {}
            }
        }
        Ok(())
    }

    /// What is no file: named, and never opened. Where a table's file should be, the table is not whole.
    fn not_a_file(&mut self, name: &str, what: &str, stem: &str, ending: Ending, table: Option<&'static str>) {
        let is_data = matches!(ending, Ending::Data(_) | Ending::Parquet | Ending::Packed | Ending::Arriving);
        match (table, names::of_file(stem)) {
            (Some(table), _) | (None, Fit::One(table)) if is_data => {
                self.unread(name, format!("it is {what} where a file of {table} should be"), true);
            }
            _ => self.found.unmatched.push(name.to_owned()),
        }
    }

    /// A file beside `egress/`.
    fn beside(&mut self, file: &str) {
        let name = format!("../{file}");
        match names::ending(file).0 {
            Ending::Data(_) | Ending::Parquet | Ending::Packed => {
                self.unread(&name, "it lies beside the folder egress, not in it".to_owned(), false)
            }
            _ => self.found.unmatched.push(name),
        }
    }

    fn unread(&mut self, name: &str, reason: String, is_of_table: bool) {
        self.found.unread.push(Unread { name: name.to_owned(), reason, is_of_table });
    }

    /// The table format that a folder is kept in by another program, where only its log tells which files count.
    fn table_format(&self, folder: &str, entries: &[Entry]) -> Result<Option<&'static str>> {
        let has = |name: &str| entries.iter().any(|entry| entry.name == name && matches!(entry.kind, Kind::Folder));
        if has("_delta_log") {
            return Ok(Some("Delta"));
        }
        if has(".hoodie") {
            return Ok(Some("Hudi"));
        }
        if has("metadata") {
            let metadata = self.tree.entries(&join(folder, "metadata"), &mut BTreeSet::new())?.unwrap_or_default();
            if metadata.iter().any(|entry| entry.name.ends_with(".metadata.json")) {
                return Ok(Some("Iceberg"));
            }
        }
        Ok(None)
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The table whose name the folder bears, or the nearest one above it that is no `key=value`.
fn table_of_folder(folder: &str) -> Option<&'static str> {
    names::of_folder(folder.rsplit('/').find(|part| !part.contains('='))?)
}

/// What a file is, by its folder's table, its name and, where those do not tell, its first bytes.
fn judge(at: &Location, folder: Option<&'static str>, ending: Ending, stem: &str) -> Result<Judged> {
    if matches!(ending, Ending::Beside) {
        return Ok(Judged::Beside);
    }
    let fit = names::of_file(stem);
    let unread = |reason: String, is_of_table| Ok(Judged::Unread { reason, is_of_table });
    let (table, is_in_folder) = match (folder, &fit) {
        (Some(folder), Fit::One(named)) if folder != *named => {
            return unread(format!("it is named after {named} and lies in the folder of {folder}"), true);
        }
        (Some(folder), _) => (folder, true),
        (None, Fit::One(named)) => (*named, false),
        (None, Fit::Several(tables)) if !matches!(ending, Ending::None | Ending::Text) => {
            return unread(format!("its name fits {}", tables.join(" and ")), false);
        }
        (None, _) => {
            let hint = names::meant(stem).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            return match ending {
                Ending::Data(_) | Ending::Parquet | Ending::Packed => {
                    unread(format!("it belongs to no table of the catalog{hint}"), false)
                }
                _ => Ok(Judged::Other),
            };
        }
    };
    match ending {
        Ending::Data(format) => Ok(Judged::Of(table, format)),
        Ending::Text => Ok(Judged::Of(table, Format::Csv)),
        Ending::Parquet if first_bytes(at)? == Some(Format::Parquet) => Ok(Judged::Of(table, Format::Parquet)),
        Ending::Parquet | Ending::Packed => {
            unread(format!("it is {table} in an archive or a compression that is not read"), true)
        }
        Ending::Arriving => unread(format!("it is {table} and, as its name says, still arriving"), true),
        Ending::Unread(_) if is_in_folder && stem.to_lowercase().contains("manifest") => Ok(Judged::Beside),
        Ending::Unread(what) => unread(format!("it is {table} as {what}"), true),
        Ending::None => Ok(match first_bytes(at)? {
            Some(format) => Judged::Of(table, format),
            None => Judged::Other,
        }),
        Ending::Older | Ending::Beside => Ok(Judged::Other),
    }
}

enum Judged {
    Of(&'static str, Format),
    Unread { reason: String, is_of_table: bool },
    Other,
    Beside,
}

/// The format that a file without an ending has, by its first bytes; `None` for one that holds JSON, as manifests do, or nothing.
fn first_bytes(at: &Location) -> Result<Option<Format>> {
    let bytes = at.first_bytes(4)?;
    let packed = [Format::Parquet, Format::CsvGzip, Format::CsvZstd].into_iter().find(|format| format.begins(&bytes));
    Ok(match bytes.as_slice() {
        [] | [b'{', ..] => None,
        _ => Some(packed.unwrap_or(Format::Csv)),
    })
}
