//! Move 3: Lake -> marts. Makes the reports over fixed versions of the lake, each as one staged Parquet file in its own
//! order, and verifies what its header promises and what `sql/checks` demands before anything is committed.

mod checks;
mod publish;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use tracing::info;

pub use self::checks::Check;
use self::publish::is_unchanged;
use crate::catalog::runs::{CHECKS, RESTATEMENTS};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::freeze::freeze;
use crate::make::{Made, Order, Verdict, make_all, row_schema};
use crate::model::{Layer, Model, Models};
use crate::place::lake::{DataFile, Lake, TableState};
use crate::place::records::{self, published_rows};
use crate::printer::counted;
use crate::receipt::Receipt;
use crate::run::Run;
use crate::settings::Severity;
use crate::task::{Task, mart_table};

/// The report that is also about what keeps the others from being published.
pub const EXCEPTIONS_REPORT: &str = "reconciliation_exceptions";

/// Reports that are made, checked and staged.
pub struct Transformed {
    marts: Vec<Mart>,
    /// Movements of closed figures, and the table they replace.
    restatements: Option<(DataFile, Option<TableState>)>,
    checks: Vec<Check>,
    /// One line a report, and one for the checks.
    pub receipts: Vec<Receipt>,
}

struct Mart {
    name: String,
    is_always_published: bool,
    doc: String,
    schema: SchemaRef,
    file: DataFile,
    /// The published table, if its rows are these already.
    before: Option<TableState>,
    unchanged: bool,
}

/// Makes the reports and runs every check that reads nothing but them and what they read.
///
/// # Errors
/// Usage (exit 2) when a model is not as it must be; failed when a query fails.
pub async fn transform(task: &Task<'_>, engine: &mut Engine, lake: &Lake, run: &Run) -> Result<Transformed> {
    let Task { reports, models, .. } = *task;
    let closure = models.closure(reports.iter().map(|report| report.name.as_str()))?;
    let mut done = Transformed { marts: Vec::new(), restatements: None, checks: Vec::new(), receipts: Vec::new() };
    for model in &closure {
        engine.provide(&model.reads).await?;
    }
    engine.verify_bytes()?;
    // What tells of movements is made when it is known what moved.
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for model in &closure {
        if models.reads(&model.name, RESTATED)? { late.push(*model) } else { early.push(*model) }
    }
    let mut verdicts = make_reports(&early, task, engine, lake, run, &mut done).await?;
    if let Some(close) = task.close {
        let made: Vec<_> =
            reports.iter().copied().filter(|report| early.iter().any(|model| model.name == report.name)).collect();
        let frozen = freeze(&made, close, task, engine, lake, run).await?;
        for mart in &mut done.marts {
            if let Some(file) = frozen.reports.get(&mart.name) {
                mart.file = file.clone();
                mart.unchanged =
                    is_unchanged(mart.before.as_ref(), file, &lake.staging(&run.id, &mart_table(&mart.name)))?;
            }
        }
        let staged = lake.staging(&run.id, RESTATEMENTS.name).join(&frozen.restatements.path);
        engine.replace("etl", "restatements", &staged, &records::schema(RESTATEMENTS.columns))?;
        done.restatements = Some((frozen.restatements, lake.table(RESTATEMENTS.name, None).await?));
    }
    verdicts.extend(make_reports(&late, task, engine, lake, run, &mut done).await?);
    let started = Instant::now();
    for model in closure.iter().filter(|model| matches!(model.layer, Layer::Intermediate | Layer::Marts)) {
        let verdict = verdicts.get(&model.name).cloned().unwrap_or_default();
        done.checks.extend(checks::of_header(model, &verdict, engine).await?);
    }
    done.checks.extend(checks::of_files(task, &closure, engine).await?);
    let broken = done.checks.iter().filter(|check| check.offending_rows > 0).count();
    let mut line = receipt("checks", done.checks.len() as u64, 0, started.elapsed(), false);
    line.note = if broken == 0 { "all hold".to_owned() } else { format!("{broken} broken") };
    done.receipts.push(line);
    Ok(done)
}

/// The table of movements of closed figures.
const RESTATED: (&str, &str) = ("etl", "restatements");

/// Makes models, given each behind what it reads, and stages those that are reports. Returns what was found of their headers.
async fn make_reports(
    models: &[&Model],
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
    done: &mut Transformed,
) -> Result<BTreeMap<String, Verdict>> {
    let is_report = |model: &&Model| task.reports.iter().any(|report| report.name == model.name);
    let order = |model: &&Model| Order {
        model: (*model).clone(),
        folder: lake.staging(&run.id, &mart_table(&model.name)),
        file_stem: run.id.clone(),
        is_kept: is_report(model),
        is_judged: true,
    };
    let made = make_all(models.iter().map(order).collect(), task.parameters, engine).await?;
    for model in models.iter().filter(|model| is_report(model)) {
        let Some(Made { rows, file: Some(file), took, .. }) = made.iter().find(|made| made.name == model.name) else {
            continue;
        };
        let table = mart_table(&model.name);
        let before = lake.table(&table, None).await?;
        let unchanged = is_unchanged(before.as_ref(), file, &lake.staging(&run.id, &table))?;
        done.receipts.push(receipt(&model.name, *rows, file.size_bytes, *took, unchanged));
        info!(model = model.name, rows, "made {}: {}", model.name, counted(*rows, "row"));
        done.marts.push(Mart {
            name: model.name.clone(),
            is_always_published: model.header.is_always_published,
            doc: model.header.title.clone(),
            schema: row_schema(model),
            file: file.clone(),
            before,
            unchanged,
        });
    }
    Ok(made.into_iter().map(|made| (made.name, made.verdict)).collect())
}

fn receipt(item: &str, rows: u64, bytes: u64, took: Duration, unchanged: bool) -> Receipt {
    Receipt {
        stage: "transform".to_owned(),
        item: item.to_owned(),
        rows,
        files: u64::from(bytes > 0),
        bytes,
        milliseconds: took.as_millis() as u64,
        note: if unchanged { "unchanged".to_owned() } else { String::new() },
    }
}

/// What the rules say that are broken by what is published, and only warn.
///
/// # Errors
/// Damaged (exit 5) when the table of checks cannot be read.
pub async fn published_warnings(lake: &Lake, versions: &BTreeMap<String, u64>, models: &Models) -> Result<Vec<String>> {
    let checks = published_rows(lake, &CHECKS, versions).await?.iter().map(Check::of_row).collect();
    Ok(Transformed { marts: Vec::new(), restatements: None, checks, receipts: Vec::new() }.warnings(models))
}

impl Transformed {
    /// What broken rules say that only warn.
    pub fn warnings(&self, models: &Models) -> Vec<String> {
        let found = self.checks.iter().filter(|check| check.severity == Severity::Warn && check.offending_rows > 0);
        found.map(|check| check.told(models)).collect()
    }

    /// Whether a broken rule keeps the reports from being published.
    ///
    /// # Errors
    /// Data (exit 3), naming the broken rules and their first offending rows.
    pub fn check(&self) -> Result<()> {
        let found = self.checks.iter().filter(|check| check.severity == Severity::Block && check.offending_rows > 0);
        let blocking: Vec<_> = found.map(|check| format!("{}: {}", check.name, check.rows())).collect();
        if blocking.is_empty() {
            return Ok(());
        }
        Err(Error::data(format!("blocked by checks: {}", blocking.join("; ")))
            .hint("the last good artifacts stay; see `etl sql -c 'select * from etl.checks where offending_rows > 0'`"))
    }

    /// The staged file of a report.
    pub fn staged(&self, report: &str, lake: &Lake, run: &Run) -> Option<PathBuf> {
        let mart = self.marts.iter().find(|mart| mart.name == report)?;
        Some(lake.staging(&run.id, &mart_table(report)).join(&mart.file.path))
    }
}
