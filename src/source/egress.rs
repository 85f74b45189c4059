//! Metronome's data export in the landing folder: which files are there, which table each belongs to, and in which
//! order they count. Reads names only, never contents.
//!
//! Two layouts: flat files whose name ends in the table's name (`invoice.csv`, `Some Export - invoice.csv.gz`), and
//! object storage (`invoice/dt=2024-03-02/7_20240302040000.parquet`), where the name tells transfer and part.

use std::fs;
use std::path::Path;

use super::delivery::{Delivery, Format, SourceFile, modified_at, parse_transfer};
use crate::catalog::{self, Table};
use crate::error::{Error, Result};

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files of known tables, ordered by table, then as their rows count.
    pub deliveries: Vec<Delivery>,
    /// Files that belong to no table, by name.
    pub unmatched: Vec<String>,
}

/// Looks through the landing folder: `landing/egress` where there is one, else `landing` itself.
///
/// Folders and files that begin with `_` or `.` are no tables and are passed over.
///
/// # Errors
/// Usage (exit 2) when the folder is not there; failed when it cannot be read.
pub fn discover(landing: &Path) -> Result<Discovery> {
    if !landing.is_dir() {
        return Err(Error::usage(format!("the landing folder {} is not there", landing.display()))
            .hint("put the export files there, or name another folder with --landing"));
    }
    let nested = landing.join("egress");
    let mut found = Discovery::default();
    let root = if nested.is_dir() { nested } else { landing.to_path_buf() };
    if root != landing {
        // Files beside `egress/` are somebody's mistake, not somebody's secret.
        let failed = |source| Error::io("list", landing, source);
        for entry in fs::read_dir(landing).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && !name.starts_with(['_', '.']) {
                found.unmatched.push(format!("../{name}"));
            }
        }
    }
    visit(&root, &root, &mut found)?;
    found.deliveries.sort_by(|left, right| (left.table, &left.source).cmp(&(right.table, &right.source)));
    found.unmatched.sort();
    Ok(found)
}

fn visit(root: &Path, folder: &Path, found: &mut Discovery) -> Result<()> {
    let failed = |source| Error::io("list", folder, source);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            found.unmatched.push(path.display().to_string());
            continue;
        };
        if name.starts_with(['_', '.']) {
            continue;
        }
        let source = SourceFile::of(root, &path);
        // A link to a file is the file; a link to a folder could lead in a circle, and to nothing is no file.
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        let Ok(metadata) = fs::metadata(&path) else {
            found.unmatched.push(source.name);
            continue;
        };
        if metadata.is_dir() && !is_link {
            visit(root, &path, found)?;
            continue;
        }
        match classify(&source.name).filter(|_| metadata.is_file()) {
            Some((table, format)) => {
                found.deliveries.push(Delivery {
                    schema: "egress",
                    table: table.name,
                    source,
                    format,
                    size_bytes: metadata.len(),
                    modified_at: modified_at(&metadata),
                    path,
                });
            }
            None => found.unmatched.push(source.name),
        }
    }
    Ok(())
}

/// Table and format of a file by its relative name.
fn classify(name: &str) -> Option<(&'static Table, Format)> {
    const ENDINGS: [(&str, Format); 5] = [
        (".csv", Format::Csv),
        (".csv.gz", Format::CsvGzip),
        (".csv.zst", Format::CsvZstd),
        (".csv.zstd", Format::CsvZstd),
        (".parquet", Format::Parquet),
    ];
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let (stem, format) =
        ENDINGS.iter().find_map(|(ending, format)| file.strip_suffix(ending).map(|stem| (stem, *format)))?;
    if parse_transfer(stem).is_some() {
        let mut folders = folder.rsplit('/');
        let table = folders.find(|part| !part.starts_with("dt="))?;
        return Some((catalog::table("egress", table)?, format));
    }
    let table = catalog::TABLES.iter().filter(|table| {
        // `sub_line_item` does not end in the name `line_item`: a name begins where no word goes on.
        stem.strip_suffix(table.name)
            .is_some_and(|before| !before.ends_with(|last: char| last.is_alphanumeric() || last == '_'))
    });
    Some((table.copied().find(|table| table.origin.schema() == "egress")?, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(name: &str) -> Option<&'static str> {
        classify(name).map(|(table, _)| table.name)
    }

    #[test]
    fn a_flat_file_belongs_to_the_table_its_name_ends_in() {
        assert_eq!(table_of("invoice.csv"), Some("invoice"));
        assert_eq!(table_of("Some Export - sub_line_item.csv"), Some("sub_line_item"));
        assert_eq!(table_of("Some Export - line_item.csv.gz"), Some("line_item"));
        assert_eq!(table_of("draft_invoice.parquet"), Some("draft_invoice"));
    }

    #[test]
    fn a_longer_word_that_ends_like_a_table_is_not_that_table() {
        assert_eq!(table_of("proforma_invoice.csv"), None);
        assert_eq!(table_of("subinvoice.csv"), None);
        assert_eq!(table_of("invoice.txt"), None);
        assert_eq!(table_of("invoice"), None);
    }

    #[test]
    fn an_object_storage_file_belongs_to_its_folder_s_table() {
        assert_eq!(table_of("events/dt=2024-03-02/10_20240302040000.csv.zst"), Some("events"));
        assert_eq!(table_of("events/10_20240302040000.csv"), Some("events"));
        assert_eq!(table_of("somewhere/events/dt=2024-03-02/10_20240302040000.parquet"), Some("events"));
        assert_eq!(table_of("mystery/dt=2024-03-02/10_20240302040000.csv"), None);
        assert_eq!(table_of("events/dt=2024-03-02/part-10.csv"), None);
    }
}
