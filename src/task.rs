//! What reports are to be made of, and by what rules: known to whoever makes them, compares them or closes a month.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;

use crate::closes::Close;
use crate::engine::Engine;
use crate::error::Result;
use crate::model::{Model, Models};
use crate::place::lake::Lake;
use crate::settings::Settings;

/// What becomes of what queries came to, which a lake keeps for later runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// What would come to the same is taken, the rest is made and kept.
    TakeAndKeep,
    /// Everything is made, and kept.
    KeepAnew,
    /// Everything is made, nothing kept: what is asked of another time or is to prove something.
    Neither,
}

/// What to make reports of, and by what rules.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The reports, in the order they are shown in.
    pub reports: &'a [&'a Model],
    /// All models.
    pub models: &'a Models,
    /// Values of their parameters.
    pub parameters: &'a BTreeMap<String, ScalarValue>,
    /// What models read of the settings.
    pub setting_tables: &'a [(&'static str, RecordBatch)],
    /// The rest of them.
    pub settings: &'a Settings,
    /// The versions of the lake's tables.
    pub versions: &'a BTreeMap<String, u64>,
    /// What of it may be taken from earlier runs.
    pub keeping: Keeping,
    /// The close up to which figures stay, if there is one.
    pub close: Option<&'a Close>,
}

impl Task<'_> {
    /// A session over these versions.
    ///
    /// # Errors
    /// Failed when the engine refuses.
    pub fn engine(&self, lake: &Lake, versions: BTreeMap<String, u64>, environment: Option<String>) -> Result<Engine> {
        let Settings { threads, memory_bytes, .. } = *self.settings;
        let engine = Engine::new(lake, versions, environment, threads, memory_bytes)?;
        let engine = if self.settings.sql.is_none() { engine.for_built_in_models() } else { engine };
        Ok(engine.with_settings(self.setting_tables.to_vec()))
    }
}

/// Qualified name of a report's table in the lake.
pub fn mart_table(report: &str) -> String {
    format!("marts.{report}")
}
