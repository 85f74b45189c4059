//! `etl verify`: reads every file of what was published, where it is, and holds its size and bytes to what was written.

use std::collections::{BTreeMap, BTreeSet};

use crate::closes::Close;
use crate::error::Result;
use crate::place::lake::Lake;
use crate::run::{RunRecord, require_lake};
use crate::settings::{Settings, VerifyOrder};

/// What was read.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many tables.
    pub tables: u64,
    /// How many files of them.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// What is wrong, a line for each file, or for each version of a table that cannot be opened.
    pub damaged: Vec<String>,
}

/// Reads the files of the newest published versions, each once; where everything is wanted also those of what closes were made from
/// and of what runs published since the newest `etl compact`, which may have removed some of what was before it.
///
/// # Errors
/// Usage (exit 2) where no lake is; as the lake's own where it cannot be read. What is damaged is no error here, but found.
pub async fn verify(settings: &Settings, order: &VerifyOrder) -> Result<Verified> {
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let records = RunRecord::all(&lake).await?;
    let Some(newest) = records.last() else { return Ok(Verified::default()) };
    let mut wanted: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let closes = Close::all(&lake, &newest.versions).await?;
    let kept = match order.is_all {
        true => super::compact::kept(&records),
        false => std::slice::from_ref(newest),
    };
    let of_closes = closes.iter().filter(|_| order.is_all).map(|close| &close.versions);
    for versions in kept.iter().map(|record| &record.versions).chain(of_closes) {
        for (table, version) in versions {
            wanted.entry(table).or_default().insert(*version);
        }
    }
    let mut verified = Verified::default();
    for (table, versions) in wanted {
        verified.tables += 1;
        let mut seen = BTreeSet::new();
        for version in versions {
            let state = match lake.table(table, Some(version)).await {
                Ok(Some(state)) => state,
                Ok(None) => continue,
                Err(error) => {
                    verified.damaged.push(error.to_string());
                    continue;
                }
            };
            for file in state.files.iter().filter(|file| seen.insert(file.path.clone())) {
                verified.files += 1;
                verified.bytes += file.size_bytes;
                verified.damaged.extend(state.examine(file)?);
            }
        }
    }
    Ok(verified)
}
