//! A run: who it is, and the record it leaves in the lake.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::catalog::runs::RUNS;
use crate::error::{Error, Result};
use crate::place::lake::Lake;
use crate::place::records::{Row, cell, commit_rows, read_file, read_rows};
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
    /// Every record, the oldest first.
    ///
    /// # Errors
    /// Damaged (exit 5) when one cannot be read.
    pub async fn all(lake: &Lake) -> Result<Vec<Self>> {
        let Some(state) = lake.table(RUNS.name, None).await? else { return Ok(Vec::new()) };
        read_rows(&RUNS, &state)?.iter().map(|row| Self::from_row(row)).collect()
    }

    /// The newest record, or `None` in a lake that no run has published to.
    ///
    /// # Errors
    /// Damaged (exit 5) when it cannot be read.
    pub async fn newest(lake: &Lake) -> Result<Option<Self>> {
        let Some(state) = lake.table(RUNS.name, None).await? else { return Ok(None) };
        // Files are named by the version they came with.
        let Some(file) = state.files.last() else { return Ok(None) };
        state.verify_files()?;
        let row = read_file(&RUNS, &state.path_of(file))?.pop();
        row.as_deref().map(Self::from_row).transpose()
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
            json(serde_json::to_string(&self.reports))?,
            Some(self.quarantined_cells.to_string()),
            json(serde_json::to_string(receipts))?,
            Some(env!("CARGO_PKG_VERSION").to_owned()),
        ];
        commit_rows(lake, &RUNS, vec![row], false, &run.id, run.started_at_millis).await.map(drop)
    }

    fn from_row(row: &[Option<String>]) -> Result<Self> {
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
