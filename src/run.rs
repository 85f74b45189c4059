//! A run: who it is, and the record it leaves in the lake.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::catalog::runs::RUNS;
use crate::error::{Error, Result};
use crate::place::lake::{Change, Lake, Seal, TableState, Target, damaged};
use crate::place::parquet::verify_bytes;
use crate::place::records::{Row, cell, commit_rows, read_file, read_rows, schema};
use crate::receipt::Receipt;
use crate::value::timestamp;

/// One invocation. Made once, in `pipeline`: nothing else reads the clock.
#[derive(Debug, Clone)]
pub struct Run {
    /// A UUID that sorts by time.
    pub id: String,
    /// When it began: RFC 3339, UTC, microseconds.
    pub started_at: String,
    /// The same in milliseconds since the epoch, for the Delta log.
    pub started_at_millis: i64,
}

impl Run {
    /// A run that begins now.
    pub fn begin() -> Self {
        let now = Utc::now();
        let started_at = timestamp::text(now.timestamp_micros());
        Self { id: uuid::Uuid::now_v7().to_string(), started_at, started_at_millis: now.timestamp_millis() }
    }

    /// The day it began, UTC.
    pub fn day(&self) -> NaiveDate {
        DateTime::from_timestamp_millis(self.started_at_millis).unwrap_or_default().date_naive()
    }
}

/// What a report was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecord {
    /// The run that made it.
    pub run_id: String,
    /// The environment it is of.
    pub environment: Option<String>,
    /// The parameters it depends on.
    pub parameters: BTreeMap<String, String>,
    /// Version of each lake table it reads.
    pub tables: BTreeMap<String, u64>,
    /// Stands for everything it and the checks of its run were made from.
    pub fingerprint: String,
}

/// Whether a lake is there. Its table of runs is made before all others, so what has tables without it has lost it.
///
/// # Errors
/// Damaged (exit 5) where that table is gone; failed when a folder cannot be listed.
pub fn is_made(lake: &Lake) -> Result<bool> {
    if lake.newest_version(RUNS.name)?.is_some() {
        return Ok(true);
    }
    match lake.has_tables()? {
        true => Err(damaged(RUNS.name, "it is gone, and with it what the runs published; other tables are there")),
        false => Ok(false),
    }
}

/// Asks for a lake to be there: what is asked of a folder that is none has no answer, not even 0 rows.
///
/// # Errors
/// Usage (exit 2) where none is; as [`is_made`].
pub fn require_lake(lake: &Lake) -> Result<()> {
    if is_made(lake)? {
        return Ok(());
    }
    Err(Error::usage(format!("no lake here: {}", lake.describe_absence()))
        .hint("go to the project's folder, name its lake with --lake, or make it with `etl run`"))
}

/// Makes a lake where none is: its table of runs, without a row. Comes before everything else that a run commits, so that a
/// run that is killed leaves a lake with nothing published, which the next run takes up.
///
/// # Errors
/// As [`is_made`]; failed when it cannot be written.
pub async fn make_lake(lake: &Lake, run: &Run) -> Result<()> {
    if is_made(lake)? {
        return Ok(());
    }
    let target = Target { table: RUNS.name, doc: RUNS.doc, schema: &schema(RUNS.columns) };
    lake.commit(target, None, Change::default(), &run.id, run.started_at_millis).await.map(drop)
}

/// The table of runs; none where no lake is.
async fn runs(lake: &Lake) -> Result<Option<TableState>> {
    if !is_made(lake)? {
        return Ok(None);
    }
    let state = lake.table(RUNS.name, None).await?;
    if let Some(state) = &state {
        lake.hold_to_mark(state)?;
    }
    Ok(state)
}

/// What a run published: the newest record is the lake's state for every reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub run_id: String,
    /// When it began.
    pub started_at: String,
    /// The stage asked for.
    pub stage: String,
    /// `done` or `blocked`.
    pub status: String,
    /// The environment of its reports.
    pub environment: Option<String>,
    /// Parameters of its reports.
    pub parameters: BTreeMap<String, String>,
    /// Published version of each table by qualified name.
    pub versions: BTreeMap<String, u64>,
    /// What each published report was made from.
    pub reports: BTreeMap<String, ReportRecord>,
    /// Cells in quarantine.
    pub quarantined_cells: u64,
}

impl RunRecord {
    /// What a run begins with that goes on from this record: all that is published stays, and the run and its stage are its own.
    pub fn followed_by(&self, run: &Run, stage: &str) -> Self {
        Self { run_id: run.id.clone(), started_at: run.started_at.clone(), stage: stage.to_owned(), ..self.clone() }
    }

    /// Whether the run began at an instant or before, which is written as runs write theirs: the same digits, with or without a fraction.
    pub fn began_until(&self, instant: &str) -> bool {
        let micros = |text: &str| timestamp::parse(text.as_bytes()).unwrap_or(i64::MAX);
        micros(&self.started_at) <= micros(instant)
    }

    /// Every record, the oldest first.
    ///
    /// # Errors
    /// As [`is_made`]; damaged (exit 5) when one cannot be read.
    pub async fn all(lake: &Lake) -> Result<Vec<Self>> {
        let Some(state) = runs(lake).await? else { return Ok(Vec::new()) };
        read_rows(&RUNS, &state)?.iter().map(|row| Self::from_row(row, lake)).collect()
    }

    /// The newest record, or `None` where no lake is or no run has published to it.
    ///
    /// # Errors
    /// As [`is_made`]; damaged (exit 5) when it cannot be read.
    pub async fn newest(lake: &Lake) -> Result<Option<Self>> {
        let Some(state) = runs(lake).await? else { return Ok(None) };
        // Files are named by the version they came with.
        let Some(file) = state.files.last() else { return Ok(None) };
        state.verify_files()?;
        let path = state.brought(file)?;
        verify_bytes(&path)?;
        let row = read_file(&RUNS, &path)?.pop();
        row.as_deref().map(|row| Self::from_row(row, lake)).transpose()
    }

    /// Publishes: the one step that makes a run visible.
    ///
    /// # Errors
    /// Failed when it cannot be written; nothing of the run is visible then.
    pub async fn publish(&self, lake: &Lake, run: &Run, receipts: &[Receipt]) -> Result<()> {
        let json = |value: serde_json::Result<String>| {
            value.map(Some).map_err(|error| Error::failed(format!("the run record cannot be written: {error}")))
        };
        let row: Row = vec![
            Some(self.run_id.clone()),
            Some(self.started_at.clone()),
            Some(self.stage.clone()),
            Some(self.status.clone()),
            self.environment.clone(),
            json(serde_json::to_string(&self.parameters))?,
            json(serde_json::to_string(&self.versions))?,
            json(serde_json::to_string(&self.contents(lake).await?))?,
            json(serde_json::to_string(&self.reports))?,
            Some(self.quarantined_cells.to_string()),
            json(serde_json::to_string(receipts))?,
            Some(env!("CARGO_PKG_VERSION").to_owned()),
        ];
        commit_rows(lake, &RUNS, vec![row], false, &run.id, run.started_at_millis).await.map(drop)
    }

    /// What the published versions hold.
    async fn contents(&self, lake: &Lake) -> Result<BTreeMap<String, Seal>> {
        let mut contents = BTreeMap::new();
        for (table, version) in &self.versions {
            let seal = match lake.seal(table, *version) {
                Some(seal) => Some(seal),
                None => lake.table(table, Some(*version)).await?.as_ref().map(Seal::of),
            };
            contents.extend(seal.map(|seal| (table.clone(), seal)));
        }
        Ok(contents)
    }

    /// As it was written; from here on readers of the lake hold tables against it.
    fn from_row(row: &[Option<String>], lake: &Lake) -> Result<Self> {
        let text = |name: &str| cell(&RUNS, row, name).map(str::to_owned);
        fn map<T: serde::de::DeserializeOwned + Default>(json: Option<String>) -> Result<T> {
            json.map_or_else(
                || Ok(T::default()),
                |json| {
                    serde_json::from_str(&json)
                        .map_err(|error| Error::damaged(format!("the newest row of etl.runs cannot be read: {error}")))
                },
            )
        }
        // Runs of older versions of this program do not say it.
        let contents: BTreeMap<String, Seal> = map(text("contents"))?;
        contents.into_iter().for_each(|(table, seal)| lake.published_with(&table, seal));
        Ok(Self {
            run_id: text("run_id").unwrap_or_default(),
            started_at: text("started_at").unwrap_or_default(),
            stage: text("stage").unwrap_or_default(),
            status: text("status").unwrap_or_default(),
            environment: text("environment"),
            parameters: map(text("parameters"))?,
            versions: map(text("versions"))?,
            reports: map(text("reports"))?,
            quarantined_cells: text("quarantined_cells").and_then(|count| count.parse().ok()).unwrap_or_default(),
        })
    }
}
