//! Move 3: Lake -> marts. Runs the reports over fixed versions of the lake, writes each as one staged Parquet file in
//! its own order, and verifies what its header promises and what `sql/checks` demands before anything is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use tracing::info;

use crate::catalog::runs::{CHECKS, RESTATEMENTS};
use crate::engine::parameters::missing;
use crate::engine::{Engine, arrow_type, plain, precision};
use crate::error::{Error, Result};
use crate::freeze::{Close, freeze};
use crate::model::{Grain, Layer, Model, Models};
use crate::place::lake::{Change, DataFile, Lake, TableState, Target};
use crate::place::parquet::FileWriter;
use crate::place::records::{self, Row, cell, commit_rows, published_rows, read_rows};
use crate::printer::{counted, json_of_row};
use crate::receipt::Receipt;
use crate::run::Run;
use crate::settings::{Settings, Severity};

/// The report that is also about what keeps the others from being published.
pub const EXCEPTIONS_REPORT: &str = "reconciliation_exceptions";

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

/// Qualified name of a report's table in the lake.
pub fn mart_table(report: &str) -> String {
    format!("marts.{report}")
}

/// The schema of a report's table, descriptions included.
pub fn mart_schema(model: &Model) -> SchemaRef {
    let fields = model.header.columns.iter().map(|column| {
        let unit = column.unit.as_ref().map_or(String::new(), |unit| format!(" [{unit}]"));
        let comment = [("comment".to_owned(), format!("{}{unit}", column.doc))].into();
        Field::new(&column.name, arrow_type(column.kind), true).with_metadata(comment)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Makes the reports and runs every check that reads nothing but them and what they read.
///
/// # Errors
/// Usage (exit 2) when a model is not as it must be; failed when a query fails.
pub async fn transform(task: &Task<'_>, engine: &mut Engine, lake: &Lake, run: &Run) -> Result<Transformed> {
    let Task { reports, models, parameters, settings, .. } = *task;
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
    make_all(&early, task, engine, lake, run, &mut done).await?;
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
    make_all(&late, task, engine, lake, run, &mut done).await?;
    let started = Instant::now();
    for model in closure.iter().filter(|model| matches!(model.layer, Layer::Intermediate | Layer::Marts)) {
        check_header(model, engine, &mut done.checks).await?;
    }
    let mut made: BTreeSet<_> = closure.iter().map(|model| model.name.as_str()).collect();
    let makes_all = models.reports(None)?.len() == reports.len();
    for check in models.iter().filter(|model| model.layer == Layer::Checks) {
        let reads = check.reads.iter().filter(|(schema, _)| schema.is_none()).map(|(_, name)| name.as_str());
        let unmade: Vec<_> = models.closure(reads)?.into_iter().filter(|model| !made.contains(&*model.name)).collect();
        // Where all reports are made no rule is passed over because no report happens to read the same table.
        let can_be_made = unmade.is_empty() || (makes_all && unmade.iter().all(|model| model.layer == Layer::Staging));
        if can_be_made && missing(check, parameters).is_empty() {
            engine.add_models(&unmade, parameters).await?;
            made.extend(unmade.iter().map(|model| model.name.as_str()));
            engine.provide(&check.reads).await?;
            let plan = engine.plan_model(check, parameters).await?;
            let found = offending(engine, plan, &check.file).await?;
            done.checks.push(Check::of(check.name.clone(), models.severity(check, settings), found));
        }
    }
    let broken = done.checks.iter().filter(|check| check.offending_rows > 0).count();
    let mut line = receipt("checks", done.checks.len() as u64, 0, started, false);
    line.note = if broken == 0 { "all hold".to_owned() } else { format!("{broken} broken") };
    done.receipts.push(line);
    Ok(done)
}

/// The table of movements of closed figures.
const RESTATED: (&str, &str) = ("etl", "restatements");

/// Makes models in the order given: most of staging as views, the rest as staged files.
async fn make_all(
    models: &[&Model],
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
    done: &mut Transformed,
) -> Result<()> {
    let Task { reports, parameters, .. } = *task;
    for model in models {
        if model.is_view() {
            engine.add_models(&[*model], parameters).await?;
            continue;
        }
        let started = Instant::now();
        let mart = make(model, parameters, engine, lake, run).await?;
        // What others read is made once: they, and the checks, read the staged file.
        let staged = lake.staging(&run.id, &mart_table(&mart.name)).join(&mart.file.path);
        engine.register_file(&model.name, &staged, &mart.schema)?;
        if model.layer == Layer::Marts && reports.iter().any(|report| report.name == model.name) {
            done.receipts.push(receipt(&model.name, mart.file.rows, mart.file.size_bytes, started, mart.unchanged));
            info!(model = model.name, rows = mart.file.rows, "made {}: {}", model.name, counted(mart.file.rows, "row"));
            done.marts.push(mart);
        }
    }
    Ok(())
}

fn receipt(item: &str, rows: u64, bytes: u64, started: Instant, unchanged: bool) -> Receipt {
    Receipt {
        stage: "transform".to_owned(),
        item: item.to_owned(),
        rows,
        files: u64::from(bytes > 0),
        bytes,
        milliseconds: started.elapsed().as_millis() as u64,
        note: if unchanged { "unchanged".to_owned() } else { String::new() },
    }
}

/// Makes models for a query, in the order given: most of staging as views, the rest as files in a folder that the caller removes.
/// A view of views of views would be planned in whole wherever it is named.
///
/// # Errors
/// As [`transform`].
pub async fn make_aside(
    models: &[&Model],
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &mut Engine,
    folder: &Path,
) -> Result<()> {
    for model in models {
        if model.is_view() {
            engine.add_models(&[*model], parameters).await?;
            continue;
        }
        engine.provide(&model.reads).await?;
        let file = write_model(model, parameters, engine, folder, model.name.clone()).await?;
        engine.register_file(&model.name, &folder.join(&file.path), &mart_schema(model))?;
    }
    Ok(())
}

/// Writes the rows of a model to a file in this folder, in the order of its query.
///
/// # Errors
/// As [`transform`].
pub async fn write_model(
    model: &Model,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
    folder: &Path,
    file_stem: String,
) -> Result<DataFile> {
    let plan = engine.plan_model(model, parameters).await?;
    write_plan(plan, &model.file, engine, folder, file_stem, &mart_schema(model)).await
}

/// Writes the rows of a query of our own to a file in this folder, in its order.
///
/// # Errors
/// Failed when it cannot be planned or fails.
pub async fn write_sql(
    engine: &Engine,
    sql: &str,
    folder: &Path,
    file_stem: String,
    schema: &SchemaRef,
) -> Result<DataFile> {
    let failed = |error: DataFusionError| query_failed(engine, &file_stem, &error);
    let plan = engine.context.state().create_logical_plan(sql).await.map_err(failed)?;
    let what = file_stem.clone();
    write_plan(plan, &what, engine, folder, file_stem, schema).await
}

async fn write_plan(
    plan: LogicalPlan,
    what: &str,
    engine: &Engine,
    folder: &Path,
    file_stem: String,
    schema: &SchemaRef,
) -> Result<DataFile> {
    let failed = |error: DataFusionError| query_failed(engine, what, &error);
    let state = engine.context.state();
    let physical = state.create_physical_plan(&plan).await.map_err(failed)?;
    let context = Arc::new(TaskContext::from(&state));
    let mut batches = execute_stream(physical, context).map_err(failed)?;
    let mut writer = FileWriter::create(folder, format!("{file_stem}.parquet"), schema, &[])?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        precision::check(&batch).map_err(|error| Error::failed(format!("{what}: {error}")))?;
        writer.write(&conform(&batch, schema).map_err(failed)?)?;
    }
    writer.finish()
}

/// Runs one report into a staged file.
async fn make(
    report: &Model,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
    lake: &Lake,
    run: &Run,
) -> Result<Mart> {
    let schema = mart_schema(report);
    let table = mart_table(&report.name);
    let staging = lake.staging(&run.id, &table);
    let file = write_model(report, parameters, engine, &staging, run.id.clone()).await?;
    let before = lake.table(&table, None).await?;
    let unchanged = is_unchanged(before.as_ref(), &file, &staging)?;
    Ok(Mart {
        name: report.name.clone(),
        is_always_published: report.header.is_always_published,
        doc: report.header.title.clone(),
        schema,
        file,
        before,
        unchanged,
    })
}

/// Whether a staged file is all that the table holds already.
fn is_unchanged(before: Option<&TableState>, file: &DataFile, staging: &Path) -> Result<bool> {
    match before.map(|before| (before, before.files.as_slice())) {
        Some((before, [only])) if only.size_bytes == file.size_bytes => {
            same_bytes(&before.path_of(only), &staging.join(&file.path))
        }
        _ => Ok(false),
    }
}

fn conform(batch: &RecordBatch, schema: &SchemaRef) -> std::result::Result<RecordBatch, DataFusionError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<std::result::Result<Vec<_>, _>>()?)?)
}

fn same_bytes(left: &std::path::Path, right: &std::path::Path) -> Result<bool> {
    let read = |path: &std::path::Path| std::fs::read(path).map_err(|source| Error::io("read", path, source));
    Ok(read(left)? == read(right)?)
}

/// Verifies nulls, grain and checks of a header against the model's rows.
async fn check_header(model: &Model, engine: &Engine, checks: &mut Vec<Check>) -> Result<()> {
    let name = &model.name;
    let required: Vec<_> = model.header.columns.iter().filter(|column| !column.nullable).collect();
    let nulls = required.iter().map(|column| format!("{} is null", column.name)).collect::<Vec<_>>().join(" or ");
    let mut rules: Vec<(String, String)> = Vec::new();
    if !required.is_empty() {
        rules.push(("nulls".to_owned(), nulls));
    }
    rules.extend(model.header.checks.iter().map(|check| (check.clone(), format!("({check}) is false"))));
    for (rule, broken, count) in count_broken(model, engine, rules).await? {
        let found = match count {
            0 => (0, None),
            _ => {
                offending(
                    engine,
                    plan_rule(model, engine, &rule, &format!("select * from {name} where {broken}")).await?,
                    &model.file,
                )
                .await?
            }
        };
        checks.push(Check::of(format!("{name}: {rule}"), Severity::Block, found));
    }
    let (rule, sql) = match &model.header.grain {
        Grain::Columns(columns) => {
            let columns = columns.join(", ");
            let sql = format!("select {columns}, count(*) as rows from {name} group by {columns} having count(*) > 1");
            (format!("grain {columns}"), sql)
        }
        Grain::RowsOf(other) => (
            format!("grain rows of {other}"),
            format!(
                "select * from (select (select count(*) from {name}) as rows, (select count(*) from {other}) as expected) \
                 where rows <> expected"
            ),
        ),
        Grain::None => return Ok(()),
    };
    let found = offending(engine, plan_rule(model, engine, &rule, &sql).await?, &model.file).await?;
    checks.push(Check::of(format!("{name}: {rule}"), Severity::Block, found));
    Ok(())
}

/// How many rows break each condition, all counted in one pass.
async fn count_broken(
    model: &Model,
    engine: &Engine,
    rules: Vec<(String, String)>,
) -> Result<Vec<(String, String, i64)>> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let counts: Vec<_> = rules.iter().map(|(_, broken)| format!("count(*) filter (where {broken})")).collect();
    let sql = format!("select {} from {}", counts.join(", "), model.name);
    let failed = |error: DataFusionError| query_failed(engine, &model.file, &error);
    let plan = plan_rule(model, engine, "checks", &sql).await?;
    let batches = engine.context.execute_logical_plan(plan).await.map_err(failed)?.collect().await.map_err(failed)?;
    let count = |place: usize| {
        let column = batches.first()?.column(place).as_primitive_opt::<Int64Type>()?;
        (!column.is_empty()).then(|| column.value(0))
    };
    Ok(rules.into_iter().enumerate().map(|(place, (rule, broken))| (rule, broken, count(place).unwrap_or(1))).collect())
}

async fn plan_rule(model: &Model, engine: &Engine, rule: &str, sql: &str) -> Result<LogicalPlan> {
    engine.context.state().create_logical_plan(sql).await.map_err(|error| {
        Error::usage(format!("{}: the rule {rule:?} cannot be planned: {}", model.file, plain(&error)))
    })
}

/// How many rows a query returns, and the first as JSON.
async fn offending(engine: &Engine, plan: LogicalPlan, file: &str) -> Result<(u64, Option<String>)> {
    let failed = |error: DataFusionError| query_failed(engine, file, &error);
    let frame = engine.context.execute_logical_plan(plan).await.map_err(failed)?;
    let mut batches = frame.execute_stream().await.map_err(failed)?;
    let (mut count, mut first) = (0, None);
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        if first.is_none() && batch.num_rows() > 0 {
            first = Some(json_of_row(&batch, 0)?);
        }
        count += batch.num_rows() as u64;
    }
    Ok((count, first))
}

fn query_failed(engine: &Engine, file: &str, error: &DataFusionError) -> Error {
    engine.query_failed(&format!("{file}: the query"), error)
}

impl Check {
    fn of(name: String, severity: Severity, (offending_rows, first_row): (u64, Option<String>)) -> Self {
        Self { name, severity, offending_rows, first_row }
    }

    /// As the table of checks has it.
    fn of_row(row: &Row) -> Self {
        let of = |column: &str| cell(&CHECKS, row, column);
        let severity = if of("severity") == Some(Severity::Warn.word()) { Severity::Warn } else { Severity::Block };
        let count = of("offending_rows").and_then(|count| count.parse().ok()).unwrap_or_default();
        Self::of(of("check_name").unwrap_or_default().to_owned(), severity, (count, of("first_row").map(str::to_owned)))
    }

    /// What its file says first, and what was found.
    fn told(&self, models: &Models) -> String {
        let title = models.get(&self.name).map_or(&*self.name, |model| model.header.title.trim_end_matches('.'));
        format!("{title} ({}; check {})", self.rows(), self.name)
    }

    fn rows(&self) -> String {
        let first = self.first_row.as_deref().unwrap_or_default();
        let rows = counted(self.offending_rows, "row");
        if self.offending_rows == 1 { format!("{rows}: {first}") } else { format!("{rows}, the first: {first}") }
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

    /// Commits the results of the checks alone.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit_checks(&self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        let row = |check: &Check| -> Row {
            vec![
                Some(check.name.clone()),
                Some(check.severity.word().to_owned()),
                Some(check.offending_rows.to_string()),
                check.first_row.clone(),
                Some(run.id.clone()),
            ]
        };
        let rows: Vec<Row> = self.checks.iter().map(row).collect();
        if let Some(state) = lake.table(CHECKS.name, None).await? {
            let before = read_rows(&CHECKS, &state)?;
            let same = |left: &Row, right: &Row| left[..4] == right[..4];
            if before.len() == rows.len() && before.iter().zip(&rows).all(|(left, right)| same(left, right)) {
                return Ok([(CHECKS.name.to_owned(), state.version)].into());
            }
        }
        let version = commit_rows(lake, &CHECKS, rows, true, &run.id, run.started_at_millis).await?;
        Ok([(CHECKS.name.to_owned(), version)].into())
    }

    /// The staged file of a report.
    pub fn staged(&self, report: &str, lake: &Lake, run: &Run) -> Option<PathBuf> {
        let mart = self.marts.iter().find(|mart| mart.name == report)?;
        Some(lake.staging(&run.id, &mart_table(report)).join(&mart.file.path))
    }

    /// Commits the reports that are published whatever the checks say, and the checks.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit_always(mut self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        self.marts.retain(|mart| mart.is_always_published);
        self.restatements = None;
        self.commit(lake, run).await
    }

    /// Commits the reports whose rows changed, and the checks; not yet visible to readers.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit(self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        let mut versions = self.commit_checks(lake, run).await?;
        if let Some((file, before)) = self.restatements {
            let staging = lake.staging(&run.id, RESTATEMENTS.name);
            if is_unchanged(before.as_ref(), &file, &staging)? || (before.is_none() && file.rows == 0) {
                versions.extend(before.map(|before| (RESTATEMENTS.name.to_owned(), before.version)));
            } else {
                let schema = records::schema(RESTATEMENTS.columns);
                let target = Target { table: RESTATEMENTS.name, doc: RESTATEMENTS.doc, schema: &schema };
                let version = replace(target, before.as_ref(), file, lake, run).await?;
                versions.insert(RESTATEMENTS.name.to_owned(), version);
            }
        }
        for mart in self.marts {
            let table = mart_table(&mart.name);
            let version = match &mart.before {
                Some(before) if mart.unchanged => before.version,
                before => {
                    let target = Target { table: &table, doc: &mart.doc, schema: &mart.schema };
                    replace(target, before.as_ref(), mart.file, lake, run).await?
                }
            };
            versions.insert(table, version);
        }
        Ok(versions)
    }
}

/// Commits a staged file in the place of all that a table holds, and returns the version.
async fn replace(
    target: Target<'_>,
    before: Option<&TableState>,
    file: DataFile,
    lake: &Lake,
    run: &Run,
) -> Result<u64> {
    let remove = before.iter().flat_map(|before| &before.files).map(|file| file.path.clone()).collect();
    let change = Change { add: vec![file], remove };
    Ok(lake.commit(target, before, change, &run.id, run.started_at_millis).await?.version)
}
