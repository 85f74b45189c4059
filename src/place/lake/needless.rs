//! Files in a table's folder that no version needs that anybody may still ask for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::log::{Lifetime, Log};
use super::{Lake, MARK};
use crate::error::{Error, Result};
use crate::place::key_index;

/// A file that can go.
#[derive(Debug)]
pub struct Needless {
    /// Its full path.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
}

impl Lake {
    /// The files of a table that neither its newest version holds nor one of these; also what a run that was killed left there.
    /// `None` where the log is not as we write it: what it needs is not ours to say.
    ///
    /// # Errors
    /// Failed when a folder cannot be listed.
    pub fn needless(&self, table: &str, kept: &BTreeSet<u64>) -> Result<Option<Vec<Needless>>> {
        let folder = self.folder(table);
        let Some(lives) = Log::lifetimes(&folder.join("_delta_log")) else { return Ok(None) };
        let is_needed = |life: &&Lifetime| match life.until {
            None => true,
            Some(until) => kept.range(life.from..until).next().is_some(),
        };
        let data = lives.iter().filter(is_needed).map(|life| folder.join(&life.path));
        // Keys are looked for in the newest version alone.
        let newest = lives.iter().filter(|life| life.until.is_none());
        let needed: BTreeSet<_> = data.chain(newest.map(|life| folder.join(key_index::beside(&life.path)))).collect();
        let mut found = Vec::new();
        match &self.remote {
            None => list(&folder, &mut found)?,
            Some(remote) => found.extend(remote.list(table)?),
        }
        found.retain(|file| !needed.contains(&file.path));
        Ok(Some(found))
    }
}

/// The files in a folder and below it, but for those of a log, in the order of their paths.
fn list(folder: &Path, found: &mut Vec<Needless>) -> Result<()> {
    let failed = |source| Error::io("list", folder, source);
    let entries = fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort_unstable();
    for path in paths {
        let metadata = fs::symlink_metadata(&path).map_err(|source| Error::io("read", &path, source))?;
        match metadata.is_dir() {
            true if path.ends_with("_delta_log") => {}
            true => list(&path, found)?,
            false if path.ends_with(MARK) => {}
            false => found.push(Needless { path, size_bytes: metadata.len() }),
        }
    }
    Ok(())
}
