//! Move 3: Lake -> marts. Makes the reports over fixed versions of the lake, each as one staged Parquet file in its own
//! order, and verifies what its header promises and what `sql/checks` demands before anything is committed.

mod checks;
mod publish;
mod reuse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use tracing::info;

pub use self::checks::Check;
use self::publish::is_unchanged;
use self::reuse::Reuse;
pub use self::reuse::reasons;
use crate::catalog::runs::{CHECKS, RESTATEMENTS};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::freeze::freeze;
use crate::make::{Order, Part, Verdict, make_all, register, row_schema};
use crate::model::{Grain, Layer, Model, Models};
use crate::place::lake::{DataFile, Lake, TableState};
use crate::place::parquet;
use crate::place::records::{self, published_rows};
use crate::place::results::{self, Rows};
use crate::printer::{counted, progress};
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

/// Makes the reports and runs every check that reads nothing but them and what they read. What would come to the same as in an
/// earlier run is taken from there.
///
/// # Errors
/// Usage (exit 2) when a model is not as it must be; failed when a query fails.
pub async fn transform(task: &Task<'_>, engine: &mut Engine, lake: &Lake, run: &Run) -> Result<Transformed> {
    let Task { reports, models, .. } = *task;
    let closure = models.closure(reports.iter().map(|report| report.name.as_str()))?;
    let mut reuse = Reuse::of(task, engine.environment(), lake);
    let askable = checks::askable(task, &closure)?;
    let asked: Vec<_> = askable.iter().filter(|(check, _)| reuse.check(check, Severity::Block).is_none()).collect();
    let mut chosen = choose(&closure, asked.iter().map(|(check, _)| *check), task, &mut reuse)?;
    let mut done = Transformed { marts: Vec::new(), restatements: None, checks: Vec::new(), receipts: Vec::new() };
    for Chosen { model, .. } in chosen.iter().filter(|chosen| chosen.is_made()) {
        engine.provide(&model.reads).await?;
    }
    for chosen in chosen.iter_mut().filter(|chosen| chosen.is_made()) {
        chosen.parts = reuse.parts(chosen.model, engine.opened())?;
    }
    verify_bytes(engine, &chosen, &closure, task, lake).await?;
    done.receipts.push(told(&closure, &chosen, &mut reuse));
    // What tells of movements is made when it is known what moved.
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for chosen in chosen {
        if models.reads(&chosen.model.name, RESTATED)? { late.push(chosen) } else { early.push(chosen) }
    }
    let early_reports: Vec<_> =
        reports.iter().copied().filter(|report| early.iter().any(|chosen| chosen.model.name == report.name)).collect();
    let mut verdicts = make_reports(early, task, engine, lake, run, &mut reuse, &mut done).await?;
    if let Some(close) = task.close {
        let frozen = freeze(&early_reports, close, task, engine, lake, run).await?;
        for mart in &mut done.marts {
            if let Some(file) = frozen.reports.get(&mart.name) {
                mart.file = file.clone();
                mart.unchanged =
                    is_unchanged(mart.before.as_ref(), file, &lake.staging(&run.id, &mart_table(&mart.name)))?;
            }
        }
        let staged = lake.staging(&run.id, RESTATEMENTS.name).join(&frozen.restatements.path);
        engine.replace("etl", "restatements", &staged, &records::schema(RESTATEMENTS.columns))?;
        reuse.is_restated(&frozen.restatements);
        done.restatements = Some((frozen.restatements, lake.table(RESTATEMENTS.name, None).await?));
        for chosen in &mut late {
            chosen.kept = reuse.rows(chosen.model)?;
        }
    }
    verdicts.extend(make_reports(late, task, engine, lake, run, &mut reuse, &mut done).await?);
    let started = Instant::now();
    for model in closure.iter().filter(|model| is_judged(model)) {
        done.checks.extend(match (verdicts.get(&model.name), reuse.header(model)) {
            (None, Some(found)) => found,
            (verdict, _) => {
                let found = checks::of_header(model, &verdict.cloned().unwrap_or_default(), engine).await?;
                reuse.keep_header(model, &found);
                found
            }
        });
    }
    let mut known = BTreeMap::new();
    let mut to_ask = Vec::new();
    for (check, unmade) in askable {
        match reuse.check(check, models.severity(check, task.settings)) {
            Some(found) => drop(known.insert(check.name.clone(), found)),
            None => to_ask.push((check, unmade)),
        }
    }
    for (name, found) in checks::of_files(task, to_ask, engine).await? {
        if let Some(check) = models.get(&name) {
            reuse.keep_check(check, &found);
        }
        known.insert(name, found);
    }
    done.checks.extend(known.into_values());
    closure.iter().filter(|model| model.is_view()).for_each(|view| reuse.keep_view(view));
    reuse.finish()?;
    let broken = done.checks.iter().filter(|check| check.offending_rows > 0).count();
    let mut line = receipt("checks", done.checks.len() as u64, 0, started.elapsed(), false);
    line.note = if broken == 0 { "all hold".to_owned() } else { format!("{broken} broken") };
    done.receipts.push(line);
    Ok(done)
}

/// Holds all that reports are made of against the bytes that were written, also where nothing of it is read now: a lake that is
/// damaged publishes nothing. Only of tables that are read in parts are those parts alone that are made, and of the others the sizes.
async fn verify_bytes(
    engine: &Engine,
    chosen: &[Chosen<'_>],
    closure: &[&Model],
    task: &Task<'_>,
    lake: &Lake,
) -> Result<()> {
    let made = || chosen.iter().filter(|chosen| chosen.is_made());
    let at_once = made().filter(|chosen| chosen.parts.is_empty() && !chosen.model.is_view());
    let whole: BTreeSet<_> = at_once.flat_map(|chosen| task.models.opened_by(chosen.model)).collect();
    let in_parts: BTreeSet<_> = closure.iter().filter_map(|model| model.header.parts.as_ref()).collect();
    let verify = |state: &TableState| match whole.contains(&state.table) || !in_parts.contains(&state.table) {
        true => state.verify_bytes(),
        false => state.verify_files(),
    };
    let mut tables: BTreeSet<_> = closure.iter().flat_map(|model| task.models.opened_by(model)).collect();
    for state in engine.opened() {
        verify(state)?;
        tables.remove(&state.table);
    }
    for table in tables {
        let Some(version) = task.versions.get(&table) else { continue };
        if let Some(state) = lake.table(&table, Some(*version)).await? {
            verify(&state)?;
        }
    }
    let parts = made().flat_map(|chosen| &chosen.parts).filter(|part| part.kept.is_none());
    let files: BTreeSet<_> = parts.flat_map(|part| &part.files).collect();
    files.into_iter().try_for_each(|file| parquet::verify_bytes(file))
}

/// The table of movements of closed figures.
const RESTATED: (&str, &str) = ("etl", "restatements");

/// A model that is to be there.
struct Chosen<'a> {
    model: &'a Model,
    /// How many rows, and the rows, where they are taken from an earlier run.
    kept: Option<(u64, Rows)>,
    /// The parts that it is made of one by one; none where it is made at once.
    parts: Vec<Part>,
}

impl Chosen<'_> {
    /// Whether it is made, and not taken as it was.
    fn is_made(&self) -> bool {
        self.kept.is_none()
    }
}

/// Whether what its header says of rows is judged.
fn is_judged(model: &Model) -> bool {
    matches!(model.layer, Layer::Intermediate | Layer::Marts)
}

/// What is to be made and what is taken as it was: the reports, what was never judged, and what those and the checks read that are
/// to be asked. In the order given, each behind what it reads.
fn choose<'a>(
    models: &[&'a Model],
    checks: impl Iterator<Item = &'a Model>,
    task: &Task<'_>,
    reuse: &mut Reuse<'_>,
) -> Result<Vec<Chosen<'a>>> {
    let counted_by = |model: &'a Model| match &model.header.grain {
        Grain::RowsOf(other) => Some(other.as_str()),
        _ => None,
    };
    let bare =
        |model: &'a Model| model.reads.iter().filter(|(schema, _)| schema.is_none()).map(|(_, name)| name.as_str());
    let mut needed: BTreeSet<&str> = checks.flat_map(bare).collect();
    let mut chosen = Vec::new();
    for model in models.iter().rev().copied() {
        let is_report = task.reports.iter().any(|report| report.name == model.name);
        if !(task.is_read_on
            || is_report
            || needed.contains(model.name.as_str())
            || (is_judged(model) && reuse.header(model).is_none()))
        {
            continue;
        }
        let kept = reuse.rows(model)?;
        if kept.is_none() {
            needed.extend(bare(model));
            needed.extend(counted_by(model));
        }
        chosen.push(Chosen { model, kept, parts: Vec::new() });
    }
    chosen.reverse();
    Ok(chosen)
}

/// What is made and why, in a line.
fn told(closure: &[&Model], chosen: &[Chosen<'_>], reuse: &mut Reuse<'_>) -> Receipt {
    let is_query = |model: &&Model| !model.is_view();
    let all = closure.iter().filter(|model| is_query(model)).count();
    let made = chosen.iter().filter(|chosen| chosen.is_made() && is_query(&chosen.model)).count();
    let changes: Vec<_> = reuse.changes(closure.iter().copied()).into_iter().collect();
    let mut line = receipt("models", made as u64, 0, Duration::ZERO, false);
    if all > made {
        let shown = changes.iter().take(MOST_CHANGES).cloned().collect::<Vec<_>>().join(", ");
        let more = changes.len().saturating_sub(MOST_CHANGES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        line.note = format!("{} as before", all - made);
        if !changes.is_empty() {
            line.note += &format!("; changed: {shown}{more}");
        }
    }
    line
}

/// How many things that changed are named in a line.
const MOST_CHANGES: usize = 4;

/// Makes models or takes them as they were, given each behind what it reads, and stages those that are reports. Returns what was
/// found of the headers of those that were made.
async fn make_reports(
    chosen: Vec<Chosen<'_>>,
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
    reuse: &mut Reuse<'_>,
    done: &mut Transformed,
) -> Result<BTreeMap<String, Verdict>> {
    let is_report = |model: &Model| task.reports.iter().any(|report| report.name == model.name);
    let staging = |model: &Model| lake.staging(&run.id, &mart_table(&model.name));
    let mut files: BTreeMap<&str, (DataFile, Duration)> = BTreeMap::new();
    let mut orders = Vec::new();
    for Chosen { model, kept, parts } in &chosen {
        let schema = row_schema(model);
        match kept {
            None => orders.push(Order {
                model: (*model).clone(),
                folder: staging(model),
                file_stem: run.id.clone(),
                is_kept: is_report(model),
                is_judged: true,
                parts: parts.clone(),
            }),
            Some((count, rows)) => {
                register(rows, engine, &model.name, &schema)?;
                if let (true, Rows::InFile(path)) = (is_report(model), rows) {
                    let file = results::stage(path, *count, &staging(model), &run.id)?;
                    files.insert(&model.name, (file, Duration::ZERO));
                }
            }
        }
    }
    progress::begin("models", orders.len() as u64, progress::Counted::Queries);
    let made = make_all(orders, task.parameters, engine).await;
    progress::end();
    let made = made?;
    for made in &made {
        let Some(Chosen { model, .. }) = chosen.iter().find(|chosen| chosen.model.name == made.name) else { continue };
        reuse.keep_rows(model, made, &staging(model))?;
        if let Some(file) = made.file.clone().filter(|_| is_report(model)) {
            info!(model = model.name, rows = made.rows, "made {}: {}", model.name, counted(made.rows, "row"));
            files.insert(&model.name, (file, made.took));
        }
    }
    for Chosen { model, .. } in &chosen {
        let Some((file, took)) = files.remove(model.name.as_str()) else { continue };
        let table = mart_table(&model.name);
        let before = lake.table(&table, None).await?;
        let unchanged = is_unchanged(before.as_ref(), &file, &lake.staging(&run.id, &table))?;
        done.receipts.push(receipt(&model.name, file.rows, file.size_bytes, took, unchanged));
        done.marts.push(Mart {
            name: model.name.clone(),
            is_always_published: model.header.is_always_published,
            doc: model.header.title.clone(),
            schema: row_schema(model),
            file,
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
