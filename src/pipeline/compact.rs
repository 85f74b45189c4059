//! `etl compact`: removes lake files that nothing needs any more.
//!
//! A lake keeps what each run published, so that `etl run --known-at` and `etl diff` can go back to it. Of what is older than the
//! days to keep, only what closes were made from stays, and the last state before those days, which is what was known on their
//! first. At a store also the sets of artifacts go that were published before, but for the newest. Small files need no command: the run
//! that adds one to many joins them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::check_logs;
use crate::catalog::runs::RUNS;
use crate::closes::Close;
use crate::error::{Error, ErrorKind, Result};
use crate::place::artifacts::outdated;
use crate::place::lake::{Lake, Needless};
use crate::place::records::{commit_rows, newest_rows};
use crate::printer::counted;
use crate::receipt::Receipt;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::{CompactOrder, Settings};
use crate::value::timestamp::{self, MICROS_PER_DAY};

/// The stage under which it stands in `etl.runs`.
const STAGE: &str = "compact";

/// More records of runs in files of their own than these are written as one.
const MOST_RECORDS: usize = 24;

/// What was removed, or would be.
#[derive(Debug)]
pub struct Compacted {
    /// The run that did it; none where nothing was to do, or was only looked.
    pub run_id: Option<String>,
    /// How many files.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// What can still be asked for: the time of the oldest run that is kept, if there was any.
    pub kept_since: Option<String>,
    /// Runs before it, of which no close is kept either.
    pub forgotten_runs: u64,
    /// Tables whose log somebody else wrote to; nothing of them is removed.
    pub foreign: Vec<String>,
}

/// Removes what is needed neither by the newest state of the lake, nor by what was published in the days to keep, nor by a close.
///
/// # Errors
/// Usage (exit 2) where no lake is; temporary (exit 75) while a run writes; else as the lake's own.
pub async fn compact(settings: &Settings, order: &CompactOrder) -> Result<Compacted> {
    let started = Instant::now();
    let run = Run::begin();
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let records = RunRecord::all(&lake).await?;
    let base = records.last().cloned().unwrap_or_default();
    check_logs(&lake, &base)?;
    let kept_from_micros = run.started_at_millis * 1000 - i64::from(order.keep_days) * MICROS_PER_DAY;
    let kept_from = timestamp::text(kept_from_micros);
    // The last of those before is what was known when the days to keep began.
    let place = records.iter().rposition(|record| record.began_until(&kept_from)).unwrap_or_default();
    let closes = Close::all(&lake, &base.versions).await?;
    let kept = versions(&records[place..], &closes);

    let (mut needless, mut foreign): (Vec<Needless>, _) = (Vec::new(), Vec::new());
    let none = BTreeSet::new();
    for table in lake.tables()? {
        match lake.needless(&table, kept.get(table.as_str()).unwrap_or(&none))? {
            Some(files) => needless.extend(files),
            None => foreign.push(table),
        }
    }
    let sets = outdated(&settings.artifacts, kept_from_micros)?;
    let closing: BTreeSet<_> = closes.iter().map(|close| &close.run_id).collect();
    let mut compacted = Compacted {
        run_id: None,
        files: (needless.len() + sets.len()) as u64,
        bytes: needless.iter().map(|file| file.size_bytes).chain(sets.iter().map(|file| file.size_bytes)).sum(),
        kept_since: records.get(place).map(|record| record.started_at.clone()),
        forgotten_runs: records[..place].iter().filter(|record| !closing.contains(&record.run_id)).count() as u64,
        foreign,
    };
    if order.is_dry_run || (needless.is_empty() && sets.is_empty() && records.len() <= MOST_RECORDS) {
        return Ok(compacted);
    }
    // Said before it is done: whoever asks for what is gone is told so, also where this is broken off half-way.
    let receipt = Receipt {
        stage: STAGE.to_owned(),
        item: format!("{} days", order.keep_days),
        files: compacted.files,
        bytes: compacted.bytes,
        milliseconds: started.elapsed().as_millis() as u64,
        note: format!("{} removed", counted(compacted.files, "file")),
        ..Receipt::default()
    };
    let mut next = base.followed_by(&run, STAGE);
    if next.status.is_empty() {
        "done".clone_into(&mut next.status);
    }
    next.publish(&lake, &run, &[receipt]).await?;
    for file in &needless {
        lake.remove(&file.path)?;
    }
    for file in &sets {
        file.remove()?;
    }
    join_records(&lake, &run).await?;
    lake.clear_staging(&run.id);
    compacted.run_id = Some(run.id);
    Ok(compacted)
}

/// Of all records those whose files no `etl compact` can have removed: from the newest such run on; all where none was.
pub fn kept(records: &[RunRecord]) -> &[RunRecord] {
    let Some(last) = records.iter().rposition(|record| record.stage == STAGE) else { return records };
    &records[last..]
}

/// The versions of each table that these runs published, or made their reports from, and those of the closes.
fn versions<'a>(records: &'a [RunRecord], closes: &'a [Close]) -> BTreeMap<&'a str, BTreeSet<u64>> {
    let reports = records.iter().flat_map(|record| record.reports.values()).flat_map(|report| &report.tables);
    let published = records.iter().flat_map(|record| &record.versions);
    let closed = closes.iter().flat_map(|close| &close.versions);
    let mut kept: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for (table, version) in published.chain(reports).chain(closed) {
        kept.entry(table).or_default().insert(*version);
    }
    kept
}

/// Writes the records of runs, a file each, as one where there are many; every query of the runs opens them all.
async fn join_records(lake: &Lake, run: &Run) -> Result<()> {
    let Some(state) = lake.table(RUNS.name, None).await?.filter(|state| state.files.len() > MOST_RECORDS) else {
        return Ok(());
    };
    let rows = newest_rows(lake, &RUNS).await?;
    commit_rows(lake, &RUNS, rows, true, &run.id, run.started_at_millis).await?;
    for file in &state.files {
        lake.remove(&state.path_of(file))?;
    }
    Ok(())
}

/// Asks for the files of what a run published to be there still.
///
/// # Errors
/// Usage (exit 2) where `etl compact` removed some; damaged (exit 5) where a table cannot be opened.
pub async fn require_kept(lake: &Lake, record: &RunRecord) -> Result<()> {
    for (table, version) in &record.versions {
        let state = lake.table(table, Some(*version)).await?;
        match state.map_or(Ok(()), |state| state.verify_files()) {
            Err(error) if error.kind() == ErrorKind::Damaged => {
                let records = RunRecord::all(lake).await?;
                let by = records.iter().rfind(|other| other.stage == STAGE && !other.began_until(&record.started_at));
                return Err(match by {
                    None => error,
                    Some(by) => Error::usage(format!(
                        "what run {} of {} published is not kept: `etl compact` removed files of it on {}",
                        record.run_id, record.started_at, by.started_at
                    ))
                    .hint("`etl compact --keep-days` says for how long runs are kept"),
                });
            }
            other => other?,
        }
    }
    Ok(())
}
