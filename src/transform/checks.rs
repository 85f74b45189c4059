//! What headers promise and what `sql/checks` demands, held against rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use tokio::task::JoinSet;
use tracing::debug;

use crate::catalog::runs::CHECKS;
use crate::engine::parameters::missing;
use crate::engine::{Engine, plain};
use crate::error::{Error, Result};
use crate::make::{Fault, Turns, Verdict};
use crate::model::{Grain, Layer, Model, Models};
use crate::place::records::{Row, cell};
use crate::place::results::Found;
use crate::printer::{counted, json_of_row, progress};
use crate::settings::Severity;
use crate::task::Task;

/// The outcome of one check.
pub struct Check {
    /// Report and rule, or file.
    pub name: String,
    /// What a broken rule does.
    pub severity: Severity,
    /// Rows that break it.
    pub offending_rows: u64,
    /// The first of them.
    pub first_row: Option<String>,
}

/// One thing that a header promises of a model's rows.
pub struct Rule {
    /// In words.
    words: String,
    /// Finds the rows that break it.
    pub sql: String,
    /// The model that it is to have as many rows as.
    pub counted_by: Option<String>,
    promise: Promise,
}

#[derive(Clone, Copy)]
enum Promise {
    Nulls,
    Condition(usize),
    Grain,
    Count,
}

impl Rule {
    /// How the table of checks names it.
    pub fn name(&self, model: &Model) -> String {
        format!("{}: {}", model.name, self.words)
    }

    fn holds(&self, verdict: &Verdict) -> bool {
        match self.promise {
            Promise::Nulls => verdict.nulls_hold,
            Promise::Condition(place) => verdict.conditions_hold.get(place).is_some_and(|holds| *holds),
            Promise::Grain => verdict.grain_holds,
            Promise::Count => false,
        }
    }
}

/// What a model's header promises of its rows.
pub fn rules(model: &Model) -> Vec<Rule> {
    let name = &model.name;
    let rule = |words: String, promise, sql| Rule { words, sql, counted_by: None, promise };
    let mut rules = Vec::new();
    let required: Vec<_> = model.header.columns.iter().filter(|column| !column.nullable).collect();
    if !required.is_empty() {
        let nulls = required.iter().map(|column| format!("{} is null", column.name)).collect::<Vec<_>>().join(" or ");
        rules.push(rule("nulls".to_owned(), Promise::Nulls, format!("select * from {name} where {nulls}")));
    }
    for (place, check) in model.header.checks.iter().enumerate() {
        let sql = format!("select * from {name} where ({check}) is false");
        rules.push(rule(check.clone(), Promise::Condition(place), sql));
    }
    match &model.header.grain {
        Grain::Columns(columns) => {
            let columns = columns.join(", ");
            let sql = format!("select {columns}, count(*) as rows from {name} group by {columns} having count(*) > 1");
            rules.push(rule(format!("grain {columns}"), Promise::Grain, sql));
        }
        Grain::RowsOf(other) => {
            let sql = format!(
                "select * from (select (select count(*) from {name}) as rows, (select count(*) from {other}) as expected) \
                 where rows <> expected"
            );
            let counted_by = Some(other.clone());
            rules.push(Rule { counted_by, ..rule(format!("grain rows of {other}"), Promise::Count, sql) });
        }
        Grain::None => {}
    }
    rules
}

/// What became of the promises of a model's header. Where one is not known to hold, the rows are asked.
///
/// # Errors
/// Usage (exit 2) when a promise cannot be planned; failed when its query fails.
pub async fn of_header(model: &Model, verdict: &Verdict, engine: &Engine) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for rule in rules(model) {
        let found = match rule.holds(verdict) {
            true => (0, None),
            false => {
                let plan = plan_rule(model, engine, &rule.words, &rule.sql).await?;
                offending(engine, plan).await.map_err(|fault| fault.told(engine, &model.file))?
            }
        };
        checks.push(Check::of(rule.name(model), Severity::Block, found));
    }
    Ok(checks)
}

/// The checks that can be asked where these models are made, with the models that are to be added for it.
///
/// # Errors
/// Usage (exit 2) when models read each other in a circle.
pub fn askable<'a>(task: &Task<'a>, made: &[&Model]) -> Result<Vec<(&'a Model, Vec<&'a Model>)>> {
    let Task { reports, models, parameters, .. } = *task;
    let made: BTreeSet<_> = made.iter().map(|model| model.name.as_str()).collect();
    let makes_all = models.reports(None)?.len() == reports.len();
    let mut askable = Vec::new();
    for check in models.iter().filter(|model| model.layer == Layer::Checks) {
        let reads = check.reads.iter().filter(|(schema, _)| schema.is_none()).map(|(_, name)| name.as_str());
        let unmade: Vec<_> = models.closure(reads)?.into_iter().filter(|model| !made.contains(&*model.name)).collect();
        // Where all reports are made no rule is passed over because no report happens to read the same table.
        let can_be_made = unmade.is_empty() || (makes_all && unmade.iter().all(|model| model.layer == Layer::Staging));
        if can_be_made && missing(check, parameters).is_empty() {
            askable.push((check, unmade));
        }
    }
    Ok(askable)
}

/// Asks checks, all at once as far as there are threads; by name. Each stands beside the models that are to be added for it.
///
/// # Errors
/// As [`of_header`]; the first by name.
pub async fn of_files(
    task: &Task<'_>,
    checks: Vec<(&Model, Vec<&Model>)>,
    engine: &mut Engine,
) -> Result<BTreeMap<String, Check>> {
    let Task { models, parameters, settings, .. } = *task;
    let mut added = BTreeSet::new();
    let turns = Turns::of(engine);
    let parameters: Arc<BTreeMap<String, ScalarValue>> = Arc::new(parameters.clone());
    let mut tasks = JoinSet::new();
    for (check, mut unmade) in checks {
        unmade.retain(|model| added.insert(model.name.clone()));
        engine.add_models(&unmade, &parameters).await?;
        engine.provide(&check.reads).await?;
        let severity = models.severity(check, settings);
        let (check, engine, turns, parameters) = (check.clone(), engine.clone(), turns.clone(), parameters.clone());
        tasks.spawn(async move {
            let (rule, given) = (&check, &*parameters);
            let work = |engine: Engine| async move {
                let started = Instant::now();
                let plan = engine.plan_model(rule, given).await?;
                let found = offending(&engine, plan).await;
                let milliseconds = started.elapsed().as_millis() as u64;
                debug!(check = rule.name, milliseconds, "asked {}", rule.name);
                found
            };
            let found = turns.take(&engine, &check.file, work).await;
            (check.name.clone(), found.map(|found| Check::of(check.name, severity, found)))
        });
    }
    let mut done = BTreeMap::new();
    progress::begin("checks", tasks.len() as u64, progress::Counted::Queries);
    while let Some(joined) = tasks.join_next().await {
        let (name, check) = joined.map_err(|error| Error::failed(format!("a check broke off: {error}")))?;
        progress::done(&name);
        done.insert(name, check);
    }
    progress::end();
    done.into_iter().map(|(name, check)| Ok((name, check?))).collect()
}

async fn plan_rule(model: &Model, engine: &Engine, rule: &str, sql: &str) -> Result<LogicalPlan> {
    engine.plan(sql).await.map_err(|error| {
        Error::usage(format!("{}: the rule {rule:?} cannot be planned: {}", model.file, plain(&error)))
    })
}

/// How many rows a query returns, and the first as JSON.
async fn offending(engine: &Engine, plan: LogicalPlan) -> std::result::Result<(u64, Option<String>), Fault> {
    let mut batches = engine.execute(&plan).await?;
    let (mut count, mut first) = (0, None);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        if first.is_none() && batch.num_rows() > 0 {
            first = Some(json_of_row(&batch, 0)?);
        }
        count += batch.num_rows() as u64;
    }
    Ok((count, first))
}

impl Check {
    pub(super) fn of(name: String, severity: Severity, (offending_rows, first_row): (u64, Option<String>)) -> Self {
        Self { name, severity, offending_rows, first_row }
    }

    /// As it was found before.
    pub(super) fn known(name: String, severity: Severity, found: &Found) -> Self {
        Self::of(name, severity, (found.offending_rows, found.first_row.clone()))
    }

    /// As the table of checks has it.
    pub(super) fn of_row(row: &Row) -> Self {
        let of = |column: &str| cell(&CHECKS, row, column);
        let severity = if of("severity") == Some(Severity::Warn.word()) { Severity::Warn } else { Severity::Block };
        let count = of("offending_rows").and_then(|count| count.parse().ok()).unwrap_or_default();
        Self::of(of("check_name").unwrap_or_default().to_owned(), severity, (count, of("first_row").map(str::to_owned)))
    }

    /// What its file says first, and what was found.
    pub(super) fn told(&self, models: &Models) -> String {
        let title = models.get(&self.name).map_or(&*self.name, |model| model.header.title.trim_end_matches('.'));
        format!("{title} ({}; check {})", self.rows(), self.name)
    }

    pub(super) fn rows(&self) -> String {
        let first = self.first_row.as_deref().unwrap_or_default();
        let rows = counted(self.offending_rows, "row");
        if self.offending_rows == 1 { format!("{rows}: {first}") } else { format!("{rows}, the first: {first}") }
    }
}
