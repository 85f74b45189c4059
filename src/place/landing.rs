//! The API's part of the landing folder: `api/<extraction>/`, with the plan it was begun with, a journal for each
//! endpoint, and, once it has ended, the outcome.
//!
//! An extraction without an outcome was cut off and can go on. One with an outcome stays as it is, but that journals go which
//! were kept long enough, or say what earlier ones said.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::journal::ENDING;
use super::{sync, write};
use crate::error::{Error, Result};

/// What an extraction set out to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The extraction: the id of the run that began it.
    pub id: String,
    /// When it began: microseconds since the epoch. Windows of time count from here, also when it is taken up again.
    pub began_at: i64,
    /// The account's address, or `simulator`.
    pub base_url: String,
    /// The version of the tool that began it.
    pub etl_version: String,
    /// What it reads of each endpoint.
    pub endpoints: BTreeMap<String, Reading>,
}

/// What an extraction reads of one endpoint. Absent bounds are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// First instant of days, or the oldest date that newest first reads back to: microseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// First instant after the days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Where a log was left off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// How an extraction ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When: microseconds since the epoch, later than every answer.
    pub ended_at: i64,
    /// How it went with each endpoint of the plan.
    pub endpoints: BTreeMap<String, Outcome>,
}

/// How it went with one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Why it is not complete; none where it is. Nothing of an endpoint that is not complete counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Answers in its journal.
    pub answers: u64,
    /// Rows in them.
    pub rows: u64,
    /// Requests that were sent for them, those that were sent again included.
    pub requests: u64,
    /// Where a log was left off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether its journal was removed: it had been kept long enough, or said what another says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dropped: bool,
    /// The earlier extraction that had the same answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<String>,
}

/// One extraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// Its folder.
    pub folder: PathBuf,
    /// What it set out to read.
    pub plan: Plan,
    /// How it ended; none where it was cut off.
    pub ended: Option<Ended>,
}

/// The extractions in a landing folder.
#[derive(Debug, Clone)]
pub struct Landing {
    api: PathBuf,
}

const PLAN: &str = "plan.json";
const ENDED: &str = "ended.json";

impl Landing {
    /// Of this landing folder, which need not exist.
    pub fn new(landing: &Path) -> Self {
        Self { api: landing.join("api") }
    }

    /// Every extraction, oldest first. A folder without a plan was never begun, and is passed over.
    ///
    /// # Errors
    /// Failed when a folder cannot be read; damaged (exit 5) when a plan or outcome is not as it was written.
    pub fn extractions(&self) -> Result<Vec<Extraction>> {
        let entries = match fs::read_dir(&self.api) {
            Ok(entries) => entries,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::io("list", &self.api, source)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let folder = entry.map_err(|source| Error::io("list", &self.api, source))?.path();
            let is_hidden = folder.file_name().is_none_or(|name| name.to_string_lossy().starts_with(['_', '.']));
            if !folder.is_dir() || is_hidden {
                continue;
            }
            if let Some(plan) = read::<Plan>(&folder.join(PLAN))? {
                let ended = read(&folder.join(ENDED))?;
                found.push(Extraction { folder, plan, ended });
            }
        }
        found.sort_by(|left, right| (left.plan.began_at, &left.plan.id).cmp(&(right.plan.began_at, &right.plan.id)));
        Ok(found)
    }

    /// Begins an extraction: its plan is durable when this returns.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn begin(&self, plan: Plan) -> Result<Extraction> {
        let folder = self.api.join(&plan.id);
        fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
        write(&folder, PLAN, &plan)?;
        for made in [&folder, &self.api] {
            sync(made)?;
        }
        Ok(Extraction { folder, plan, ended: None })
    }
}

impl Extraction {
    /// The journal of an endpoint.
    pub fn journal(&self, endpoint: &str) -> PathBuf {
        self.folder.join(format!("{endpoint}{ENDING}"))
    }

    /// The name of that journal in messages and in `_source_file`.
    pub fn journal_name(&self, endpoint: &str) -> String {
        format!("api/{}/{endpoint}{ENDING}", self.plan.id)
    }

    /// Removes the journals of endpoints. The outcome says so first: what is missing without a word is damage.
    ///
    /// # Errors
    /// Failed when the outcome cannot be written or a file not removed.
    pub fn drop_journals(&mut self, endpoints: &[String]) -> Result<()> {
        let outcome = |name: &str, outcome: &Outcome| {
            let is_dropped = endpoints.iter().any(|endpoint| endpoint == name);
            is_dropped.then(|| Outcome { is_dropped, ..outcome.clone() })
        };
        self.drop_where(outcome)
    }

    /// Removes the journals of endpoints that say what those of earlier extractions say, which are named.
    ///
    /// # Errors
    /// As [`Self::drop_journals`].
    pub fn drop_repeated(&mut self, repeated: &BTreeMap<String, String>) -> Result<()> {
        self.drop_where(|name, outcome| {
            let repeats = Some(repeated.get(name)?.clone());
            Some(Outcome { is_dropped: true, repeats, ..outcome.clone() })
        })
    }

    fn drop_where(&mut self, dropped: impl Fn(&str, &Outcome) -> Option<Outcome>) -> Result<()> {
        let Some(mut ended) = self.ended.clone() else { return Ok(()) };
        let mut journals = Vec::new();
        for (name, outcome) in &mut ended.endpoints {
            if let Some(dropped) = dropped(name, outcome) {
                journals.push(self.journal(name));
                *outcome = dropped;
            }
        }
        self.end(ended)?;
        journals.iter().try_for_each(|path| fs::remove_file(path).map_err(|source| Error::io("remove", path, source)))
    }

    /// Removes all of it, so that it never was: the plan first, without which a folder is none.
    ///
    /// # Errors
    /// Failed when a file cannot be removed.
    pub fn remove(&self) -> Result<()> {
        let failed = |source| Error::io("remove", &self.folder, source);
        fs::remove_file(self.folder.join(PLAN)).map_err(failed)?;
        sync(&self.folder)?;
        fs::remove_dir_all(&self.folder).map_err(failed)
    }

    /// Ends it: durable when this returns.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn end(&mut self, ended: Ended) -> Result<()> {
        write(&self.folder, ENDED, &ended)?;
        self.ended = Some(ended);
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("read", path, source)),
    };
    let value = serde_json::from_slice(&text).map_err(|error| {
        Error::damaged(format!("{}: {error}", path.display()))
            .hint("restore the file from a copy, or remove its folder and extract again")
    })?;
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(id: &str, began_at: i64) -> Plan {
        Plan {
            id: id.to_owned(),
            began_at,
            base_url: "simulator".to_owned(),
            etl_version: "0".to_owned(),
            endpoints: [("customers".to_owned(), Reading::default())].into(),
        }
    }

    #[test]
    fn extractions_come_back_as_they_were_begun_and_ended_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let landing = Landing::new(folder.path());
        assert_eq!(landing.extractions().unwrap(), []);
        let mut late = landing.begin(plan("a", 2)).unwrap();
        let early = landing.begin(plan("b", 1)).unwrap();
        late.end(Ended { ended_at: 3, ..Ended::default() }).unwrap();
        assert_eq!(landing.extractions().unwrap(), [early, late]);
    }

    #[test]
    fn a_folder_without_a_plan_was_never_begun() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("api/x")).unwrap();
        assert_eq!(Landing::new(folder.path()).extractions().unwrap(), []);
    }

    #[test]
    fn a_plan_that_is_not_as_written_is_damage_and_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let landing = Landing::new(folder.path());
        let begun = landing.begin(plan("a", 2)).unwrap();
        fs::write(begun.folder.join(PLAN), "{").unwrap();
        let error = landing.extractions().unwrap_err().to_string();
        assert!(error.contains(PLAN), "{error}");
    }
}
