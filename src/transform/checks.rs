//! What headers promise and what `sql/checks` demands, held against rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use tokio::task::JoinSet;

use crate::catalog::runs::CHECKS;
use crate::engine::parameters::missing;
use crate::engine::{Engine, plain};
use crate::error::{Error, Result};
use crate::make::{Fault, Turns, Verdict};
use crate::model::{Grain, Layer, Model, Models};
use crate::place::records::{Row, cell};
use crate::printer::{counted, json_of_row};
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

/// What became of the promises of a model's header. Where one is not known to hold, the rows are asked.
///
/// # Errors
/// Usage (exit 2) when a promise cannot be planned; failed when its query fails.
pub async fn of_header(model: &Model, verdict: &Verdict, engine: &Engine) -> Result<Vec<Check>> {
    let name = &model.name;
    let mut rules: Vec<(String, bool, String)> = Vec::new();
    let required: Vec<_> = model.header.columns.iter().filter(|column| !column.nullable).collect();
    if !required.is_empty() {
        let nulls = required.iter().map(|column| format!("{} is null", column.name)).collect::<Vec<_>>().join(" or ");
        rules.push(("nulls".to_owned(), verdict.nulls_hold, format!("select * from {name} where {nulls}")));
    }
    for (place, check) in model.header.checks.iter().enumerate() {
        let holds = verdict.conditions_hold.get(place).is_some_and(|holds| *holds);
        rules.push((check.clone(), holds, format!("select * from {name} where ({check}) is false")));
    }
    match &model.header.grain {
        Grain::Columns(columns) => {
            let columns = columns.join(", ");
            let sql = format!("select {columns}, count(*) as rows from {name} group by {columns} having count(*) > 1");
            rules.push((format!("grain {columns}"), verdict.grain_holds, sql));
        }
        Grain::RowsOf(other) => {
            let sql = format!(
                "select * from (select (select count(*) from {name}) as rows, (select count(*) from {other}) as expected) \
                 where rows <> expected"
            );
            rules.push((format!("grain rows of {other}"), false, sql));
        }
        Grain::None => {}
    }
    let mut checks = Vec::new();
    for (rule, holds, sql) in rules {
        let found = match holds {
            true => (0, None),
            false => {
                let plan = plan_rule(model, engine, &rule, &sql).await?;
                offending(engine, plan).await.map_err(|fault| fault.told(engine, &model.file))?
            }
        };
        checks.push(Check::of(format!("{name}: {rule}"), Severity::Block, found));
    }
    Ok(checks)
}

/// Runs the checks that read nothing but models that were made, all at once as far as there are threads; by name.
///
/// # Errors
/// As [`of_header`]; the first by name.
pub async fn of_files(task: &Task<'_>, made: &[&Model], engine: &mut Engine) -> Result<Vec<Check>> {
    let Task { reports, models, parameters, settings, .. } = *task;
    let mut made: BTreeSet<_> = made.iter().map(|model| model.name.as_str()).collect();
    let makes_all = models.reports(None)?.len() == reports.len();
    let turns = Turns::of(engine);
    let parameters: Arc<BTreeMap<String, ScalarValue>> = Arc::new(parameters.clone());
    let mut tasks = JoinSet::new();
    for check in models.iter().filter(|model| model.layer == Layer::Checks) {
        let reads = check.reads.iter().filter(|(schema, _)| schema.is_none()).map(|(_, name)| name.as_str());
        let unmade: Vec<_> = models.closure(reads)?.into_iter().filter(|model| !made.contains(&*model.name)).collect();
        // Where all reports are made no rule is passed over because no report happens to read the same table.
        let can_be_made = unmade.is_empty() || (makes_all && unmade.iter().all(|model| model.layer == Layer::Staging));
        if !can_be_made || !missing(check, &parameters).is_empty() {
            continue;
        }
        engine.add_models(&unmade, &parameters).await?;
        made.extend(unmade.iter().map(|model| model.name.as_str()));
        engine.provide(&check.reads).await?;
        let severity = models.severity(check, settings);
        let (check, engine, turns, parameters) = (check.clone(), engine.clone(), turns.clone(), parameters.clone());
        tasks.spawn(async move {
            let (rule, given) = (&check, &*parameters);
            let work = |engine: Engine| async move {
                let plan = engine.plan_model(rule, given).await?;
                offending(&engine, plan).await
            };
            let found = turns.take(&engine, &check.file, work).await;
            (check.name.clone(), found.map(|found| Check::of(check.name, severity, found)))
        });
    }
    let mut done = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        let (name, check) = joined.map_err(|error| Error::failed(format!("a check broke off: {error}")))?;
        done.insert(name, check);
    }
    done.into_values().collect()
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
