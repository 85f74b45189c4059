//! A table's log as we write it: a JSON file a version, each line of which is one action. Reading these few lines takes a
//! hundredth of what a reader of any table takes, and a run opens dozens.
//!
//! What we would not have written (a checkpoint, another protocol, partitions, deletion vectors, a version that is missing)
//! is not judged here: it is left to that reader.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::DataFile;

/// A table at a version.
#[derive(Debug, PartialEq, Eq)]
pub struct Log {
    /// The version.
    pub version: u64,
    /// Its files, ordered by path.
    pub files: Vec<DataFile>,
    /// The names of its columns.
    pub columns: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    add: Option<Added>,
    remove: Option<Removed>,
    meta_data: Option<Metadata>,
    protocol: Option<Protocol>,
    #[serde(rename = "commitInfo")]
    _commit_info: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    path: String,
    size: u64,
    stats: Option<String>,
    partition_values: BTreeMap<String, IgnoredAny>,
    deletion_vector: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Statistics {
    #[serde(rename = "numRecords")]
    rows: u64,
}

#[derive(Deserialize)]
struct Removed {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    schema_string: String,
    partition_columns: Vec<String>,
}

#[derive(Deserialize)]
struct Columns {
    fields: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protocol {
    min_reader_version: u64,
}

/// When a file was one of the table's: from the version that added it to the one that removed it.
#[derive(Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The file, relative to the table's folder.
    pub path: String,
    /// The first version that holds it.
    pub from: u64,
    /// The first that holds it no more; none while the newest does.
    pub until: Option<u64>,
}

impl Log {
    /// The table of this log at a version, or at its newest; `None` where it is not as we write it, or cannot be read.
    pub fn read(folder: &Path, version: Option<u64>) -> Option<Self> {
        let (mut files, mut columns, mut is_readable) = (BTreeMap::new(), BTreeSet::new(), false);
        let version = each_line(folder, version, |_, line| {
            is_readable |= line.protocol.is_some();
            if let Some(metadata) = line.meta_data {
                let told: Columns = serde_json::from_str(&metadata.schema_string).ok()?;
                columns = told.fields.into_iter().map(|column| column.name).collect();
            }
            if let Some(removed) = line.remove {
                files.remove(&removed.path);
            }
            if let Some(added) = line.add {
                let file = added.file()?;
                files.insert(file.path.clone(), file);
            }
            Some(())
        })?;
        let files = files.into_values().collect();
        (is_readable && !columns.is_empty()).then_some(Self { version, files, columns })
    }

    /// Every file that the table ever had; `None` as [`Self::read`].
    pub fn lifetimes(folder: &Path) -> Option<Vec<Lifetime>> {
        let (mut lives, mut ended) = (BTreeMap::new(), Vec::new());
        each_line(folder, None, |version, line| {
            if let Some(Removed { path }) = line.remove {
                let from = lives.remove(&path)?;
                ended.push(Lifetime { path, from, until: Some(version) });
            }
            if let Some(added) = line.add {
                lives.insert(added.file()?.path, version);
            }
            Some(())
        })?;
        ended.extend(lives.into_iter().map(|(path, from)| Lifetime { path, from, until: None }));
        Some(ended)
    }
}

/// Reads the lines of a log up to a version, or of all of it, and returns the version; `None` where something is not as we write it.
fn each_line(folder: &Path, version: Option<u64>, mut read: impl FnMut(u64, Line) -> Option<()>) -> Option<u64> {
    let mut versions = BTreeSet::new();
    for entry in fs::read_dir(folder).ok()? {
        let name = entry.ok()?.file_name();
        let name = name.to_str()?;
        match name.strip_suffix(".json") {
            Some(number) if number.len() == 20 => drop(versions.insert(number.parse::<u64>().ok()?)),
            // A commit that was broken off before it had its name.
            _ if name.starts_with('_') && name != "_last_checkpoint" => {}
            _ => return None,
        }
    }
    let last = version.or(versions.last().copied())?;
    if !(0..=last).all(|version| versions.contains(&version)) {
        return None;
    }
    for version in 0..=last {
        let text = fs::read_to_string(folder.join(format!("{version:020}.json"))).ok()?;
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).ok()?;
            let is_foreign = line.protocol.as_ref().is_some_and(|protocol| protocol.min_reader_version != 1)
                || line.meta_data.as_ref().is_some_and(|metadata| !metadata.partition_columns.is_empty());
            if is_foreign {
                return None;
            }
            read(version, line)?;
        }
    }
    Some(last)
}

impl Added {
    fn file(self) -> Option<DataFile> {
        // A path with a code in it would have to be decoded.
        if !self.partition_values.is_empty() || self.deletion_vector.is_some() || self.path.contains('%') {
            return None;
        }
        let told: Statistics = serde_json::from_str(&self.stats?).ok()?;
        Some(DataFile { path: self.path, size_bytes: self.size, rows: told.rows })
    }
}
