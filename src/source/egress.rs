//! Metronome's data export in the landing folder: which files are there, which table each belongs to, and in which
//! order they count. Reads names, and the first bytes of files whose names do not tell their format.
//!
//! Two layouts: flat files named after their table (`invoice.csv`, `Some Export - invoice (1).csv.gz`), and folders that bear a
//! table's name, in which every data file is read whatever it is called (`invoice/dt=2024-03-02/7_20240302040000.parquet`, the
//! vendor's, where the name tells transfer and part; `invoice/part-00000-….snappy.parquet`, a writer's). A data file that is no
//! table's, and a table's file that cannot be read, are told apart from what merely lies there.

mod names;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::delivery::{Delivery, Format, SourceFile, modified_at};
use crate::error::{Error, Result};
use names::{Ending, Fit};

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files of known tables, ordered by table, then as their rows count.
    pub deliveries: Vec<Delivery>,
    /// What is no data file, by name.
    pub unmatched: Vec<String>,
    /// Data files that are not read.
    pub unread: Vec<Unread>,
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

/// Looks through the landing folder: `landing/egress` where there is one, else `landing` itself.
///
/// Folders and files that begin with `_`, `.` or `~$` are what writers keep beside their data and are passed over.
///
/// # Errors
/// Usage (exit 2) when the folder is not there; failed when it cannot be read.
pub fn discover(landing: &Path) -> Result<Discovery> {
    if !landing.is_dir() {
        return Err(Error::usage(format!("the landing folder {} is not there", landing.display()))
            .hint("put the export files there, or name another folder with --landing"));
    }
    let root = root(landing);
    let mut search = Search { root: root.clone(), found: Discovery::default(), visited: BTreeSet::new() };
    if root != landing {
        // Files beside `egress/` are somebody's mistake, not somebody's secret.
        let failed = |source| Error::io("list", landing, source);
        for entry in fs::read_dir(landing).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && !is_hidden(&name) {
                search.beside(&name);
            }
        }
    }
    search.folder(&root)?;
    let mut found = search.found;
    found.deliveries.sort_by(|left, right| (left.table, &left.source).cmp(&(right.table, &right.source)));
    found.unmatched.sort();
    found.unread.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(found)
}

/// The folder that the files are in.
pub fn root(landing: &Path) -> PathBuf {
    let nested = landing.join("egress");
    if nested.is_dir() { nested } else { landing.to_path_buf() }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.']) || name.starts_with("~$")
}

struct Search {
    root: PathBuf,
    found: Discovery,
    /// Folders by where they really are: a link may lead back to one.
    visited: BTreeSet<PathBuf>,
}

impl Search {
    fn folder(&mut self, folder: &Path) -> Result<()> {
        let failed = |source| Error::io("list", folder, source);
        if !self.visited.insert(fs::canonicalize(folder).map_err(failed)?) {
            self.found.unmatched.push(self.name_of(folder));
            return Ok(());
        }
        let mut paths = fs::read_dir(folder)
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
            .collect::<Result<Vec<_>>>()?;
        paths.sort();
        let table = self.table_of_folder(folder);
        if let (Some(table), Some(kept)) = (table, table_format(&paths)) {
            self.unread(
                &self.name_of(folder),
                format!("it is a {kept} table of {table}: which of its files count, its log says"),
                true,
            );
            return Ok(());
        }
        for path in paths {
            self.entry(&path, table)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, table: Option<&'static str>) -> Result<()> {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            self.found.unmatched.push(path.display().to_string());
            return Ok(());
        };
        if is_hidden(file) {
            return Ok(());
        }
        let (ending, stem) = names::ending(file);
        let Ok(metadata) = fs::metadata(path) else {
            self.not_a_file(path, "a link that leads nowhere", stem, ending, table);
            return Ok(());
        };
        if metadata.is_dir() {
            if !matches!(ending, Ending::None) {
                self.not_a_file(path, "a folder with the name of a file", stem, ending, table);
                return Ok(());
            }
            return self.folder(path);
        }
        if !metadata.is_file() {
            let kind = metadata.file_type();
            let what = match () {
                () if kind.is_fifo() => "a pipe",
                () if kind.is_socket() => "a socket",
                () => "a device",
            };
            self.not_a_file(path, what, stem, ending, table);
            return Ok(());
        }
        let name = self.name_of(path);
        match self.judge(path, table, ending, stem)? {
            Judged::Of(table, format) => self.found.deliveries.push(Delivery {
                schema: "egress",
                table,
                source: SourceFile::named(name),
                format,
                size_bytes: metadata.len(),
                modified_at: modified_at(&metadata),
                path: path.to_path_buf(),
            }),
            Judged::Unread { reason, is_of_table } => self.unread(&name, reason, is_of_table),
            Judged::Other => self.found.unmatched.push(name),
            Judged::Beside => {}
        }
        Ok(())
    }

    /// What a file is, by its folder's table, its name and, where those do not tell, its first bytes.
    fn judge(&self, path: &Path, folder: Option<&'static str>, ending: Ending, stem: &str) -> Result<Judged> {
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
            Ending::Parquet if first_bytes(path)? == Some(Format::Parquet) => Ok(Judged::Of(table, Format::Parquet)),
            Ending::Parquet | Ending::Packed => {
                unread(format!("it is {table} in an archive or a compression that is not read"), true)
            }
            Ending::Arriving => unread(format!("it is {table} and, as its name says, still arriving"), true),
            Ending::Unread(_) if is_in_folder && stem.to_lowercase().contains("manifest") => Ok(Judged::Beside),
            Ending::Unread(what) => unread(format!("it is {table} as {what}"), true),
            Ending::None => Ok(match first_bytes(path)? {
                Some(format) => Judged::Of(table, format),
                None => Judged::Other,
            }),
            Ending::Older | Ending::Beside => Ok(Judged::Other),
        }
    }

    /// What is no file: named, and never opened. Where a table's file should be, the table is not whole.
    fn not_a_file(&mut self, path: &Path, what: &str, stem: &str, ending: Ending, table: Option<&'static str>) {
        let name = self.name_of(path);
        let is_data = matches!(ending, Ending::Data(_) | Ending::Parquet | Ending::Packed | Ending::Arriving);
        match (table, names::of_file(stem)) {
            (Some(table), _) | (None, Fit::One(table)) if is_data => {
                self.unread(&name, format!("it is {what} where a file of {table} should be"), true);
            }
            _ => self.found.unmatched.push(name),
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

    /// The table whose name the folder bears, or the nearest one above it that is no `key=value`.
    fn table_of_folder(&self, folder: &Path) -> Option<&'static str> {
        let below = folder.strip_prefix(&self.root).ok()?;
        let mut parts = below.components().rev().map(|part| part.as_os_str().to_string_lossy());
        names::of_folder(&parts.find(|part| !part.contains('='))?)
    }

    fn name_of(&self, path: &Path) -> String {
        SourceFile::of(&self.root, path).name
    }
}

enum Judged {
    Of(&'static str, Format),
    Unread { reason: String, is_of_table: bool },
    Other,
    Beside,
}

/// The table format that a folder is kept in by another program, where only its log tells which files count.
fn table_format(paths: &[PathBuf]) -> Option<&'static str> {
    let has = |name: &str| paths.iter().any(|path| path.file_name().is_some_and(|file| file == name) && path.is_dir());
    let is_iceberg = || {
        let metadata = paths.iter().find(|path| path.file_name().is_some_and(|file| file == "metadata"));
        let entries = metadata.and_then(|path| fs::read_dir(path).ok()).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().ends_with(".metadata.json"))
    };
    match () {
        () if has("_delta_log") => Some("Delta"),
        () if has(".hoodie") => Some("Hudi"),
        () if is_iceberg() => Some("Iceberg"),
        () => None,
    }
}

/// The format that a file without an ending has, by its first bytes; `None` for one that holds JSON, as manifests do, or nothing.
fn first_bytes(path: &Path) -> Result<Option<Format>> {
    let failed = |source| Error::io("read", path, source);
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(failed)?.take(4).read_to_end(&mut bytes).map_err(failed)?;
    let packed = [Format::Parquet, Format::CsvGzip, Format::CsvZstd].into_iter().find(|format| format.begins(&bytes));
    Ok(match bytes.as_slice() {
        [] | [b'{', ..] => None,
        _ => Some(packed.unwrap_or(Format::Csv)),
    })
}
