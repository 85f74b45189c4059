//! The closes on record: which months are closed, and what each pinned.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::catalog::runs::CLOSES;
use crate::error::{Error, Result};
use crate::place::lake::Lake;
use crate::place::records::{Row, cell, published_rows};

/// The newest close: figures up to the end of its month stay as they are.
#[derive(Debug, Clone)]
pub struct Close {
    /// First day of the month.
    pub period: NaiveDate,
    /// The run that closed it.
    pub run_id: String,
    /// When, as it is written.
    pub closed_at: String,
    /// The environment closed.
    pub environment: Option<String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// The versions it pinned.
    pub versions: BTreeMap<String, u64>,
    /// SHA-256 of the files of its pack, by name.
    pub pack: BTreeMap<String, String>,
    /// The version of the tool.
    pub etl_version: String,
    /// How many lines of journal entries were posted with it; none by a version that kept none.
    pub posted_lines: Option<u64>,
}

impl Close {
    /// Every close that stands in the lake at these versions, oldest month first.
    ///
    /// # Errors
    /// Damaged (exit 5) when they cannot be read.
    pub async fn all(lake: &Lake, versions: &BTreeMap<String, u64>) -> Result<Vec<Self>> {
        let rows = published_rows(lake, &CLOSES, versions).await?;
        let stands = |row: &&Row| cell(&CLOSES, row, "reopened_at").is_none();
        let mut closes = rows.iter().filter(stands).map(|row| Self::from_row(row)).collect::<Result<Vec<_>>>()?;
        closes.sort_by_key(|close| close.period);
        Ok(closes)
    }

    /// The close up to which figures stay.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub async fn newest(lake: &Lake, versions: &BTreeMap<String, u64>) -> Result<Option<Self>> {
        Ok(Self::all(lake, versions).await?.pop())
    }

    fn from_row(row: &[Option<String>]) -> Result<Self> {
        let text = |name: &str| cell(&CLOSES, row, name).unwrap_or_default();
        let wrong = |what: &str| Error::damaged(format!("etl.closes: `{what}` cannot be read"));
        fn map<T: serde::de::DeserializeOwned>(json: &str) -> Option<T> {
            serde_json::from_str(json).ok()
        }
        let day = text("period").get(..10).unwrap_or_default();
        Ok(Self {
            period: NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| wrong("period"))?,
            run_id: text("run_id").to_owned(),
            closed_at: text("closed_at").to_owned(),
            environment: cell(&CLOSES, row, "environment").map(str::to_owned),
            parameters: map(text("parameters")).ok_or_else(|| wrong("parameters"))?,
            versions: map(text("versions")).ok_or_else(|| wrong("versions"))?,
            pack: map(text("pack")).ok_or_else(|| wrong("pack"))?,
            etl_version: text("etl_version").to_owned(),
            posted_lines: cell(&CLOSES, row, "posted_lines").and_then(|count| count.parse().ok()),
        })
    }

    /// First day of the month that is open.
    pub fn open_month(&self) -> NaiveDate {
        following(self.period)
    }
}

/// First day of the month after this one.
pub fn following(month: NaiveDate) -> NaiveDate {
    let (year, next) = if month.month() == 12 { (month.year() + 1, 1) } else { (month.year(), month.month() + 1) };
    NaiveDate::from_ymd_opt(year, next, 1).unwrap_or(month)
}

/// The month as people write it, which names the folder of its pack.
pub fn name_of(month: NaiveDate) -> String {
    month.format("%Y-%m").to_string()
}
