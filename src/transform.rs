//! Move 3: Lake -> marts. Runs the reports over fixed versions of the lake, writes each as one staged Parquet file in
//! its own order, and verifies what its header promises and what `sql/checks` demands before anything is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use tracing::{info, warn};

use crate::catalog::runs::CHECKS;
use crate::engine::{Engine, arrow_type, missing, plain, precision};
use crate::error::{Error, Result};
use crate::model::{Grain, Layer, Model, Models, Severity};
use crate::place::lake::{Change, DataFile, Lake, TableState, Target};
use crate::place::parquet::FileWriter;
use crate::place::records::{Row, commit_rows, read_rows};
use crate::printer::json_of_row;
use crate::receipt::Receipt;
use crate::run::Run;

/// Reports that are made, checked and staged.
pub struct Transformed {
    marts: Vec<Mart>,
    checks: Vec<Check>,
    /// One line a report, and one for the checks.
    pub receipts: Vec<Receipt>,
}

struct Mart {
    name: String,
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

/// Finds what the reports need and nobody gave.
///
/// # Errors
/// Usage (exit 2), naming the file and the parameter.
pub fn require_parameters(
    reports: &[&Model],
    models: &Models,
    parameters: &BTreeMap<String, ScalarValue>,
) -> Result<()> {
    for model in models.closure(reports.iter().map(|report| report.name.as_str()))? {
        if let Some(parameter) = missing(model, parameters).first() {
            return Err(Error::usage(format!("{}: the parameter `{}` has no value", model.file, parameter.name))
                .hint(format!("give --param {}=VALUE, or set it under [parameters]", parameter.name)));
        }
    }
    Ok(())
}

/// Makes the reports and runs every check that reads nothing but them and what they read.
///
/// # Errors
/// Usage (exit 2) when a model is not as it must be; failed when a query fails.
pub async fn transform(
    reports: &[&Model],
    models: &Models,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
) -> Result<Transformed> {
    let closure = models.closure(reports.iter().map(|report| report.name.as_str()))?;
    let mut done = Transformed { marts: Vec::new(), checks: Vec::new(), receipts: Vec::new() };
    for model in &closure {
        engine.provide(&model.reads).await?;
    }
    engine.verify_bytes()?;
    for model in &closure {
        if model.layer == Layer::Staging {
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
            info!(model = model.name, rows = mart.file.rows, "made {}", model.name);
            done.marts.push(mart);
        }
    }
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
            done.checks.push(Check::of(check.name.clone(), check.header.severity, found));
        }
    }
    let broken = done.checks.iter().filter(|check| check.offending_rows > 0).count();
    let mut line = receipt("checks", done.checks.len() as u64, 0, started, false);
    line.note = if broken == 0 { "all hold".to_owned() } else { format!("{broken} broken") };
    done.receipts.push(line);
    Ok(done)
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

/// Makes models for a query, in the order given: staging as views, the rest as files in a folder that the caller removes.
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
        if model.layer == Layer::Staging {
            engine.add_models(&[*model], parameters).await?;
            continue;
        }
        engine.provide(&model.reads).await?;
        let schema = mart_schema(model);
        let file = write(model, parameters, engine, folder, model.name.clone(), &schema).await?;
        engine.register_file(&model.name, &folder.join(&file.path), &schema)?;
    }
    Ok(())
}

/// Writes the rows of a model to a file in this folder, in the order of its query.
async fn write(
    model: &Model,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
    folder: &Path,
    file_stem: String,
    schema: &SchemaRef,
) -> Result<DataFile> {
    let failed = |error: DataFusionError| query_failed(engine, &model.file, &error);
    let plan = engine.plan_model(model, parameters).await?;
    let state = engine.context.state();
    let physical = state.create_physical_plan(&plan).await.map_err(failed)?;
    let context = Arc::new(TaskContext::from(&state));
    let mut batches = execute_stream(physical, context).map_err(failed)?;
    let mut writer = FileWriter::create(folder, format!("{file_stem}.parquet"), schema, &[])?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        precision::check(&batch).map_err(|error| Error::failed(format!("{}: {error}", model.file)))?;
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
    let file = write(report, parameters, engine, &staging, run.id.clone(), &schema).await?;
    let before = lake.table(&table, None).await?;
    let unchanged = match before.as_ref().map(|before| (before, before.files.as_slice())) {
        Some((before, [only])) if only.size_bytes == file.size_bytes => {
            same_bytes(&before.path_of(only), &staging.join(&file.path))?
        }
        _ => false,
    };
    let name = report.name.clone();
    Ok(Mart { name, doc: report.header.title.clone(), schema, file, before, unchanged })
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

async fn plan_rule(
    model: &Model,
    engine: &Engine,
    rule: &str,
    sql: &str,
) -> Result<datafusion::logical_expr::LogicalPlan> {
    engine.context.state().create_logical_plan(sql).await.map_err(|error| {
        Error::usage(format!("{}: the rule {rule:?} cannot be planned: {}", model.file, plain(&error)))
    })
}

/// How many rows a query returns, and the first as JSON.
async fn offending(
    engine: &Engine,
    plan: datafusion::logical_expr::LogicalPlan,
    file: &str,
) -> Result<(u64, Option<String>)> {
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

    fn severity_word(&self) -> &'static str {
        match self.severity {
            Severity::Block => "block",
            Severity::Warn => "warn",
        }
    }
}

impl Transformed {
    /// Whether a broken rule keeps the reports from being published; broken rules that only warn are said here.
    ///
    /// # Errors
    /// Data (exit 3), naming the broken rules and their first offending rows.
    pub fn check(&self) -> Result<()> {
        let broken = |severity: Severity| {
            let found = self.checks.iter().filter(move |check| check.severity == severity && check.offending_rows > 0);
            found.map(|check| {
                let first = check.first_row.as_deref().unwrap_or_default();
                format!("{}: {} rows break it, the first is {first}", check.name, check.offending_rows)
            })
        };
        for warning in broken(Severity::Warn) {
            warn!("check {warning}");
        }
        let blocking: Vec<_> = broken(Severity::Block).collect();
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
                Some(check.severity_word().to_owned()),
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

    /// Commits the reports whose rows changed, and the checks; not yet visible to readers.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub async fn commit(self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        let mut versions = self.commit_checks(lake, run).await?;
        for mart in self.marts {
            let table = mart_table(&mart.name);
            let version = match &mart.before {
                Some(before) if mart.unchanged => before.version,
                before => {
                    let remove = before.iter().flat_map(|before| &before.files).map(|file| file.path.clone()).collect();
                    let change = Change { add: vec![mart.file], remove };
                    lake.commit(
                        Target { table: &table, doc: &mart.doc, schema: &mart.schema },
                        before.as_ref(),
                        change,
                        &run.id,
                        run.started_at_millis,
                    )
                    .await?
                    .version
                }
            };
            versions.insert(table, version);
        }
        Ok(versions)
    }
}
