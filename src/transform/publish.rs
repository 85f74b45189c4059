//! Commits what was made, checked and staged; not yet visible to readers.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::Transformed;
use super::checks::Check;
use crate::catalog::runs::{CHECKS, RESTATEMENTS};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::place::lake::{Change, DataFile, Lake, TableState, Target};
use crate::place::records::{self, Row, commit_rows, read_rows};
use crate::run::Run;
use crate::task::mart_table;

impl Transformed {
    /// What the checks came to: rows of etl.checks.
    pub fn check_rows(&self, run: &Run) -> Vec<Row> {
        let row = |check: &Check| -> Row {
            vec![
                Some(check.name.clone()),
                Some(check.severity.word().to_owned()),
                Some(check.offending_rows.to_string()),
                check.first_row.clone(),
                Some(run.id.clone()),
            ]
        };
        self.checks.iter().map(row).collect()
    }

    /// Commits the results of the checks alone.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit_checks(&self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        let rows = self.check_rows(run);
        if let Some(state) = lake.table(CHECKS.name, None).await? {
            let before = read_rows(&CHECKS, &state)?;
            let same = |left: &Row, right: &Row| left[..4] == right[..4];
            if before.len() == rows.len() && before.iter().zip(&rows).all(|(left, right)| same(left, right)) {
                return Ok([(CHECKS.name.to_owned(), state.version)].into());
            }
        }
        let version = commit_rows(lake, &CHECKS, rows, true, &run.id, run.started_at_millis).await?;
        Ok([(CHECKS.name.to_owned(), version)].into())
    }

    /// Commits the reports that are published whatever the checks say, and the checks.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit_always(mut self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        self.marts.retain(|mart| mart.is_always_published);
        self.restatements = None;
        self.commit(lake, run).await
    }

    /// Commits the reports whose rows changed, and the checks; not yet visible to readers.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit(self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        let mut versions = self.commit_checks(lake, run).await?;
        if let Some((file, before)) = self.restatements {
            let staging = lake.staging(&run.id, RESTATEMENTS.name);
            if is_unchanged(before.as_ref(), &file, &staging)? || (before.is_none() && file.rows == 0) {
                versions.extend(before.map(|before| (RESTATEMENTS.name.to_owned(), before.version)));
            } else {
                let schema = records::schema(RESTATEMENTS.columns);
                let target = Target { table: RESTATEMENTS.name, doc: RESTATEMENTS.doc, schema: &schema };
                let version = replace(target, before.as_ref(), file, lake, run).await?;
                versions.insert(RESTATEMENTS.name.to_owned(), version);
            }
        }
        for mart in self.marts {
            let table = mart_table(&mart.name);
            let version = match &mart.before {
                Some(before) if mart.unchanged => before.version,
                before => {
                    let target = Target { table: &table, doc: &mart.doc, schema: &mart.schema };
                    replace(target, before.as_ref(), mart.file, lake, run).await?
                }
            };
            versions.insert(table, version);
        }
        Ok(versions)
    }
}

/// Commits a staged file in the place of all that a table holds, and returns the version.
async fn replace(
    target: Target<'_>,
    before: Option<&TableState>,
    file: DataFile,
    lake: &Lake,
    run: &Run,
) -> Result<u64> {
    let remove = before.iter().flat_map(|before| &before.files).map(|file| file.path.clone()).collect();
    let change = Change { add: vec![file], remove };
    Ok(lake.commit(target, before, change, &run.id, run.started_at_millis).await?.version)
}

/// Whether a staged file is all that the table holds already.
pub(super) fn is_unchanged(before: Option<&TableState>, file: &DataFile, staging: &Path) -> Result<bool> {
    match before.map(|before| (before, before.files.as_slice())) {
        Some((before, [only])) if only.size_bytes == file.size_bytes => {
            same_bytes(&before.brought(only)?, &staging.join(&file.path))
        }
        _ => Ok(false),
    }
}

fn same_bytes(left: &Path, right: &Path) -> Result<bool> {
    let content = |path: &Path| {
        let read = File::open(path).and_then(fingerprint::of_reader);
        read.map_err(|source| Error::io("read", path, source))
    };
    Ok(content(left)? == content(right)?)
}
