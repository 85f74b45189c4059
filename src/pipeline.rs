//! The stages in their order: one lock, the moves, one published record.
//!
//! Nothing of a run is visible before its record is: tables are committed first, then reports, then the one row of
//! `etl.runs` that names the version of every table. Data that must not be reported on leaves that state as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::catalog::runs::{
    CLOSES, CONTRADICTIONS, EXCEPTIONS, EXTRACTIONS, FILES, NOT_FOUND, ORIGINS, QUARANTINE, REPEATED_FILES,
};
use crate::catalog::{self, Table};
use crate::closes::Close;
use crate::engine::parameters::{Parameters, Specs, fixed, placeholders};
use crate::engine::{self, Engine};
use crate::error::{Error, ErrorKind, Result};
use crate::extract::{self, Account, Landed};
use crate::extractions::Extractions;
use crate::fingerprint::hex;
use crate::load::{load, require_artifacts};
use crate::model::{Model, Models};
use crate::normalize::{self, Normalized};
use crate::origin::DataOrigin;
use crate::pipeline::parameters::{Data, checked, resolve_over};
use crate::place::lake::{Lake, damaged};
use crate::place::parquet;
use crate::place::records::{Row, commit_rows, newest_rows};
use crate::printer::summary::Summary;
use crate::printer::{counted, text_of};
use crate::run::{ReportRecord, Run, RunRecord, make_lake, require_lake};
use crate::setting_tables;
use crate::settings::{Api, Choice, Environment, Settings, Stage};
use crate::task::{Keeping, Task, mart_table};
use crate::transform::{self, EXCEPTIONS_REPORT, Transformed, published_warnings, transform};

mod checklist;
pub mod close;
pub mod compact;
pub mod forget;
pub mod parameters;
pub mod past;
mod ready;
pub mod rebuild;
pub mod reopen;
pub mod verify;

/// Everything known before anything is touched.
struct Plan<'a> {
    settings: &'a Settings,
    stage: Stage,
    full_refresh: bool,
    tables: Vec<&'static Table>,
    models: &'a Models,
    reports: Vec<&'a Model>,
    specs: Specs,
    /// What they come to, once that is known: before, those values that depend on nothing.
    parameters: Parameters,
    setting_tables: Vec<(&'static str, RecordBatch)>,
    /// Stands for the models and what they read of the settings.
    rules: String,
    run_tables: BTreeSet<String>,
}

/// Runs a stage, or all of them, and says what came of it.
pub async fn run(settings: &Settings, stage: Stage, full_refresh: bool) -> (Summary, Result<()>) {
    let name = stage_name(stage);
    summed_up(settings, name, async |run, summary| run_stages(settings, stage, full_refresh, run, summary).await).await
}

/// Begins a run, does what it is for, and sums it up.
async fn summed_up(
    settings: &Settings,
    stage: &str,
    work: impl AsyncFnOnce(&Run, &mut Summary) -> Result<()>,
) -> (Summary, Result<()>) {
    let started = Instant::now();
    let run = Run::begin();
    let mut summary = Summary {
        status: "done".to_owned(),
        run_id: run.id.clone(),
        stage: stage.to_owned(),
        artifacts: settings.artifacts.to_string(),
        ..Summary::default()
    };
    let result = work(&run, &mut summary).await;
    Lake::new(&settings.lake.folder).clear_staging(&run.id);
    if let Err(error) = &result {
        error.kind().name().clone_into(&mut summary.status);
        summary.exit_code = error.exit_code();
        summary.error = Some(error.to_string());
    }
    summary.milliseconds = started.elapsed().as_millis() as u64;
    (summary, result)
}

/// Says what rules found that keep nothing from being published, now and at the end.
fn say_warnings(warnings: Vec<String>, summary: &mut Summary) {
    warnings.iter().for_each(|warning| warn!("{warning}"));
    summary.warnings.extend(warnings);
}

/// Says that data is a sample where it is, at the beginning of a run and at its end.
fn notice_origin(origin: Option<&DataOrigin>, settings: &Settings, summary: &mut Summary) {
    summary.notice = origin.and_then(|origin| origin.notice(settings));
    if let Some(notice) = &summary.notice {
        warn!("SAMPLE DATA: {notice}");
    }
}

async fn run_stages(
    settings: &Settings,
    stage: Stage,
    full_refresh: bool,
    run: &Run,
    summary: &mut Summary,
) -> Result<()> {
    let models = Models::of(settings)?;
    let mut plan = Plan::new(settings, stage, full_refresh, &models)?;
    if plan.does(Stage::Transform) {
        plan.check_models().await?;
    }
    if plan.does(Stage::Load) && settings.artifacts.folder.exists() && !settings.artifacts.folder.is_dir() {
        return Err(Error::usage(format!("{} is a file where a folder is to be", settings.artifacts)));
    }
    let mut landed = match plan.does(Stage::Normalize) || plan.does(Stage::Extract) {
        true => Some(Landed::delivered(&plan.tables, settings)?),
        false => None,
    };
    let origin = landed.as_ref().map(|landed| DataOrigin::of_run(settings, landed)).transpose()?;
    let account = match settings.api.as_ref().filter(|_| plan.does(Stage::Extract)) {
        Some(api) => Some((Account::open(api, &settings.landing, run)?, api)),
        None => None,
    };
    let lake = Lake::open(&settings.lake)?;
    if landed.is_none() {
        require_lake(&lake)?;
    }
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let base = RunRecord::newest(&lake).await?.unwrap_or_default();
    check_logs(&lake, &base)?;
    let origin = match origin {
        Some(origin) => Some(origin.in_lake(&lake, settings).await?),
        None => DataOrigin::of_lake(&lake, &base.versions).await?,
    };
    notice_origin(origin.as_ref(), settings, summary);
    if let Some(origin) = origin.as_ref().filter(|_| plan.does(Stage::Load)) {
        require_artifacts(origin, &lake, settings).await?;
    }
    let mut next = RunRecord { status: "done".to_owned(), ..base.followed_by(run, stage_name(stage)) };

    let mut failures = Vec::new();
    if let Some((account, api)) = &account {
        let wanted = wanted(&plan.tables, &lake, &base, settings, api, full_refresh).await?;
        let asked = extract::ask(account, wanted, settings, api, run).await?;
        summary.receipts.extend(asked.receipts);
        failures = asked.failures;
    }
    if let Some(mut landed) = landed.take() {
        landed.add_journals(&plan.tables, settings)?;
        say_warnings(normalize::hold_back(&mut landed, &lake).await?, summary);
        summary.unmatched_files = std::mem::take(&mut landed.unmatched);
        summary.receipts.splice(0..0, std::mem::take(&mut landed.receipts));
        let normalized = normalize::normalize(&plan.tables, &landed, &lake, run, settings, full_refresh).await?;
        summary.receipts.extend(normalized.receipts.iter().cloned());
        say_warnings(normalized.warnings.clone(), summary);
        summary.quarantined_cells = normalized.quarantined_cells;
        next.quarantined_cells = normalized.quarantined_cells;
        if plan.does(Stage::Transform) {
            next.environment = plan.environment(&base, &normalized.environments)?;
        }
        if landed.deliveries.is_empty() && base.versions.is_empty() {
            if let Some(failure) = worst(failures) {
                return Err(failure);
            }
            return Err(Error::usage(format!(
                "there is nothing to read under {} and nothing is in the lake {}",
                settings.delivered, settings.lake
            ))
            .hint("name the right folders with --landing and --lake"));
        }
        make_lake(&lake, run).await?;
        if let Some(origin) = &origin {
            origin.remember(&lake, run).await?;
        }
        take_in(normalized, &lake, run, settings, &base, &mut next).await?;
    }
    // What other endpoints gave is taken and published; reports of new rows beside old ones are not made.
    let failure = worst(failures);
    if failure.is_some() {
        "incomplete".clone_into(&mut next.status);
    } else if plan.does(Stage::Transform) {
        if stage == Stage::Transform {
            next.environment = plan.environment(&base, &normalize::environments(&lake).await?)?;
            check_all_published(&lake, &base)?;
        }
        plan.resolve(&lake, &next, settings.day.unwrap_or(run.day())).await?;
        if let Some((refusal, blocked)) = make_reports(&plan, &lake, run, &base, &mut next, summary).await? {
            let always: Vec<_> = plan.reports.iter().filter(|report| report.header.is_always_published).collect();
            let names: Vec<_> = always.iter().map(|report| report.name.clone()).collect();
            if plan.does(Stage::Load) && !names.is_empty() {
                summary.receipts.extend(load(&names, &blocked, &lake, settings, run).await?);
            }
            return Err(refusal);
        }
    }
    summary.environment = next.environment.clone();
    let is_new = RunRecord {
        run_id: base.run_id.clone(),
        started_at: base.started_at.clone(),
        stage: base.stage.clone(),
        ..next.clone()
    } != base;
    if is_new {
        next.publish(&lake, run, &summary.receipts).await?;
        info!(run_id = run.id, "published by run {}", run.id);
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some((account, api)) = &account {
        extract::drop_old(account, api, settings)?;
    }
    let mut loaded = false;
    if plan.does(Stage::Load) {
        let record = if is_new { &next } else { &base };
        check_parameters(&plan, record)?;
        let names: Vec<_> = plan.reports.iter().map(|report| report.name.clone()).collect();
        let receipts = load(&names, record, &lake, settings, run).await?;
        loaded = receipts.iter().any(|receipt| receipt.note != "unchanged");
        summary.receipts.extend(receipts);
    }
    if !is_new && !loaded {
        "unchanged".clone_into(&mut summary.status);
    }
    Ok(())
}

/// Why a run would make each report again: what changed below it, nothing where it would come to the same. `unread` are tables of
/// which files are to be read.
///
/// # Errors
/// Usage (exit 2) when a parameter is not as it must be; damaged (exit 5) when the lake cannot be read.
pub async fn reasons(
    settings: &Settings,
    models: &Models,
    lake: &Lake,
    base: &RunRecord,
    unread: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Option<BTreeSet<String>>>> {
    let mut plan = Plan::new(settings, Stage::Transform, false, models)?;
    plan.resolve(lake, base, settings.day.unwrap_or(Run::begin().day())).await?;
    let close = Close::newest(lake, &base.versions).await?;
    let task = plan.task(&base.versions, close.as_ref());
    transform::reasons(&task, base.environment.as_deref(), lake, unread)
}

/// What a run wants of the API for these tables.
///
/// # Errors
/// Usage (exit 2) when the setting `api.tables` names no endpoint; damaged (exit 5) when the lake cannot be read.
pub async fn wanted(
    tables: &[&'static Table],
    lake: &Lake,
    base: &RunRecord,
    settings: &Settings,
    api: &Api,
    is_full: bool,
) -> Result<extract::Wanted> {
    Ok(extract::Wanted {
        endpoints: extract::endpoints(tables, api)?,
        history: Extractions::of_lake(lake).await?,
        oldest_draft: oldest_draft(lake, base, settings).await?,
        is_full,
    })
}

/// The issue date of the oldest draft that the lake has from the API, microseconds since the epoch.
async fn oldest_draft(lake: &Lake, base: &RunRecord, settings: &Settings) -> Result<Option<i64>> {
    let mut engine = Engine::new(lake, base.versions.clone(), None, settings.threads, settings.memory_bytes)?;
    engine.provide(&[(Some("api".to_owned()), "invoices".to_owned())]).await?;
    let sql = "select min(issued_at) from api.invoices where upper(status) = 'DRAFT'";
    let failed = |error| engine.query_failed("the oldest draft", &error);
    let batches = engine.context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let column =
        batches.first().and_then(|batch| batch.column(0).as_primitive_opt::<TimestampMicrosecondType>().cloned());
    Ok(column.filter(|column| column.len() == 1 && column.is_valid(0)).map(|column| column.value(0)))
}

/// The failure that asks most of the reader, with a word about the others.
fn worst(failures: Vec<Error>) -> Option<Error> {
    const ORDER: [ErrorKind; 4] = [ErrorKind::Auth, ErrorKind::Data, ErrorKind::Failed, ErrorKind::Temporary];
    let others = failures.len().saturating_sub(1);
    let rank = |error: &Error| ORDER.iter().position(|kind| *kind == error.kind()).unwrap_or_default();
    let worst = failures.into_iter().min_by_key(rank)?;
    Some(match others {
        0 => worst,
        _ => worst.context(format!("{} could not be read", counted(others as u64 + 1, "endpoint"))),
    })
}

impl<'a> Plan<'a> {
    fn new(settings: &'a Settings, stage: Stage, full_refresh: bool, models: &'a Models) -> Result<Self> {
        let reports = models.reports(settings.reports.as_ref())?;
        let makes = stage == Stage::Transform || stage == Stage::All;
        let specs = checked(models, settings, if makes { &reports } else { &[] })?;
        let of_runs = models.iter().flat_map(|model| &model.reads);
        let of_runs = of_runs.filter(|(schema, _)| schema.as_deref() == Some("etl"));
        let setting_tables = setting_tables::of(settings, models)?;
        Ok(Self {
            settings,
            stage,
            full_refresh,
            tables: normalize::selected(settings.tables.as_ref())?,
            reports,
            parameters: fixed(&specs, &settings.parameters)?,
            specs,
            rules: fingerprint_of_rules(models, &setting_tables, settings),
            setting_tables,
            // Closed months are made from the close.
            run_tables: of_runs.map(|(_, name)| format!("etl.{name}")).chain([CLOSES.name.to_owned()]).collect(),
            models,
        })
    }

    /// Settles what parameters come to for the data at these versions.
    async fn resolve(&mut self, lake: &Lake, record: &RunRecord, day: NaiveDate) -> Result<()> {
        let data = Data { lake, versions: &record.versions, environment: record.environment.as_deref() };
        let given = &self.settings.parameters;
        self.parameters = resolve_over(&self.specs, given, self.models, day, data, self.settings).await?;
        Ok(())
    }

    /// Finds what is wrong with models before anything is read.
    async fn check_models(&self) -> Result<()> {
        // The built-in models were planned when this was built, by its tests; a project's own may be wrong in any way.
        if self.settings.sql.is_some() {
            plan_on_empty_tables(self.models, self.settings).await?;
        }
        Ok(())
    }

    /// What reports are to be made of, at these versions.
    fn task<'b>(&'b self, versions: &'b BTreeMap<String, u64>, close: Option<&'b Close>) -> Task<'b> {
        Task {
            reports: &self.reports,
            models: self.models,
            parameters: &self.parameters.values,
            setting_tables: &self.setting_tables,
            settings: self.settings,
            versions,
            keeping: if self.full_refresh { Keeping::KeepAnew } else { Keeping::TakeAndKeep },
            is_read_on: false,
            close,
        }
    }

    /// Whether reports are made from a table: not from the raw answers and most of the lake's own, which change with every run.
    fn is_read(&self, table: &str) -> bool {
        ["egress.", "books.", "api."].iter().any(|schema| table.starts_with(schema)) || self.run_tables.contains(table)
    }

    fn does(&self, stage: Stage) -> bool {
        self.stage == stage || self.stage == Stage::All
    }

    /// The environment the reports are of, which must be that of the reports that stay beside them.
    fn environment(&self, base: &RunRecord, present: &BTreeSet<String>) -> Result<Option<String>> {
        let chosen = choose_environment(&self.settings.environment, present)?;
        check_one_environment(self, base, chosen.as_deref())?;
        Ok(chosen)
    }
}

/// Commits what normalizing staged, or only its quarantine where that keeps the run from going on.
async fn take_in(
    normalized: Normalized,
    lake: &Lake,
    run: &Run,
    settings: &Settings,
    base: &RunRecord,
    next: &mut RunRecord,
) -> Result<()> {
    if let Err(refusal) = normalized.check_quarantine(settings.quarantine) {
        let versions = normalized.commit_quarantine(lake, run).await?;
        let found = Blocked { versions, quarantined_cells: normalized.quarantined_cells, reports: BTreeMap::new() };
        publish_blocked(base, found, lake, run, next).await?;
        return Err(refusal);
    }
    if !normalized.is_empty() {
        normalized.commit(lake, run).await?;
    }
    take_heads(lake, next)
}

/// Takes the newest version of each table: a run that was blocked or killed may have left some that are not published.
fn take_heads(lake: &Lake, next: &mut RunRecord) -> Result<()> {
    let tables = catalog::TABLES.iter().map(|table| table.qualified_name());
    for name in tables.chain(
        [FILES, ORIGINS, EXTRACTIONS, CONTRADICTIONS, NOT_FOUND, REPEATED_FILES, QUARANTINE]
            .map(|table| table.name.to_owned()),
    ) {
        if let Some(version) = lake.newest_version(&name)? {
            next.versions.insert(name, version);
        }
    }
    Ok(())
}

/// What a run may publish that is kept from publishing anything else.
struct Blocked {
    versions: BTreeMap<String, u64>,
    quarantined_cells: u64,
    reports: BTreeMap<String, ReportRecord>,
}

/// Publishes what kept the run from publishing anything else, and returns the lake's record then.
async fn publish_blocked(
    base: &RunRecord,
    found: Blocked,
    lake: &Lake,
    run: &Run,
    next: &RunRecord,
) -> Result<RunRecord> {
    let mut blocked = RunRecord {
        run_id: next.run_id.clone(),
        started_at: next.started_at.clone(),
        stage: next.stage.clone(),
        status: "blocked".to_owned(),
        quarantined_cells: found.quarantined_cells,
        ..base.clone()
    };
    if base.reports.is_empty() {
        blocked.environment.clone_from(&next.environment);
    }
    blocked.versions.extend(found.versions);
    blocked.reports.extend(found.reports);
    if blocked.versions == base.versions && base.status == blocked.status {
        return Ok(base.clone());
    }
    blocked.publish(lake, run, &[]).await?;
    Ok(blocked)
}

/// Makes, checks and commits the reports over the candidate versions. Where a check keeps them from being published, says
/// why, and what was published instead.
async fn make_reports(
    plan: &Plan<'_>,
    lake: &Lake,
    run: &Run,
    base: &RunRecord,
    next: &mut RunRecord,
    summary: &mut Summary,
) -> Result<Option<(Error, RunRecord)>> {
    next.parameters = plan.parameters.texts.clone();
    let records = report_records(plan, next)?;
    let is_made = |(name, record): (&String, &ReportRecord)| {
        next.versions.contains_key(&mart_table(name))
            && base.reports.get(name).is_some_and(|before| before.fingerprint == record.fingerprint)
    };
    if records.iter().all(is_made) && !plan.full_refresh {
        info!("nothing that the reports are made from has changed");
        // What was found then is so still.
        say_warnings(published_warnings(lake, &next.versions, plan.models).await?, summary);
        return Ok(None);
    }
    let is_judged = |model: &&Model| model.name == EXCEPTIONS_REPORT;
    if plan.models.get(EXCEPTIONS_REPORT).is_some() && !plan.reports.iter().any(is_judged) {
        warn!("{EXCEPTIONS_REPORT} is not among the reports: nothing says whether what they are made from reconciles");
    }
    let close = Close::newest(lake, &next.versions).await?;
    let versions = next.versions.clone();
    let task = plan.task(&versions, close.as_ref());
    let mut engine = task.engine(lake, versions.clone(), next.environment.clone())?;
    let transformed = transform(&task, &mut engine, lake, run).await?;
    summary.receipts.extend(transformed.receipts.iter().cloned());
    let seen = note_exceptions(&transformed, lake, run).await?;
    say_warnings(transformed.warnings(plan.models), summary);
    if let Err(refusal) = transformed.check() {
        let always = plan.reports.iter().filter(|report| report.header.is_always_published);
        let reports = always.map(|report| Ok((report.name.clone(), report_record(plan, report, next)?)));
        let reports = reports.collect::<Result<BTreeMap<_, _>>>()?;
        let mut versions = transformed.commit_always(lake, run).await?;
        versions.extend(seen);
        let found = Blocked { versions, quarantined_cells: base.quarantined_cells, reports };
        return Ok(Some((refusal, publish_blocked(base, found, lake, run, next).await?)));
    }
    next.versions.extend(seen);
    next.versions.extend(transformed.commit(lake, run).await?);
    take_reports(plan, base, next).map(|()| None)
}

/// Notes exceptions that no run has seen before, with the day they were first seen, and returns the table's version.
async fn note_exceptions(transformed: &Transformed, lake: &Lake, run: &Run) -> Result<Option<(String, u64)>> {
    let Some(path) = transformed.staged(EXCEPTIONS_REPORT, lake, run) else { return Ok(None) };
    let known: BTreeSet<_> =
        newest_rows(lake, &EXCEPTIONS).await?.into_iter().filter_map(|row| row.into_iter().next()?).collect();
    let mut rows = columns_of(&path, ["exception_id", "code", "first_seen"])?;
    rows.retain(|row| row.first().is_some_and(|id| id.as_ref().is_some_and(|id| !known.contains(id))));
    if rows.is_empty() {
        return Ok(lake.newest_version(EXCEPTIONS.name)?.map(|version| (EXCEPTIONS.name.to_owned(), version)));
    }
    rows.iter_mut().for_each(|row| row.push(Some(run.id.clone())));
    let version = commit_rows(lake, &EXCEPTIONS, rows, false, &run.id, run.started_at_millis).await?;
    Ok(Some((EXCEPTIONS.name.to_owned(), version)))
}

/// Some columns of a staged report as text.
fn columns_of<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for batch in parquet::read(path, None)? {
        let batch = batch.map_err(|error| parquet::damaged(path, &error))?;
        for row in 0..batch.num_rows() {
            let cell = |column: &&str| batch.column_by_name(column).map_or(Ok(None), |array| text_of(array, row));
            rows.push(columns.iter().map(cell).collect::<Result<Row>>()?);
        }
    }
    Ok(rows)
}

/// Records what the reports were made from, at the versions that are to be published.
fn take_reports(plan: &Plan<'_>, base: &RunRecord, next: &mut RunRecord) -> Result<()> {
    for (name, mut record) in report_records(plan, next)? {
        // The same rows from the same tables are the same report, whoever makes it again.
        if let Some(before) = base.reports.get(&name)
            && base.versions.get(&mart_table(&name)) == next.versions.get(&mart_table(&name))
            && (ReportRecord { run_id: before.run_id.clone(), ..record.clone() }) == *before
        {
            record.run_id.clone_from(&before.run_id);
        }
        next.reports.insert(name, record);
    }
    Ok(())
}

fn report_records(plan: &Plan<'_>, next: &RunRecord) -> Result<BTreeMap<String, ReportRecord>> {
    plan.reports.iter().map(|report| Ok((report.name.clone(), report_record(plan, report, next)?))).collect()
}

/// What a report is made from, by the SQL it consists of.
fn report_record(plan: &Plan<'_>, report: &Model, next: &RunRecord) -> Result<ReportRecord> {
    let mut record =
        ReportRecord { run_id: next.run_id.clone(), environment: next.environment.clone(), ..ReportRecord::default() };
    for model in plan.models.closure([report.name.as_str()])? {
        for parameter in &model.header.parameters {
            if let Some(value) = next.parameters.get(&parameter.name) {
                record.parameters.insert(parameter.name.clone(), value.clone());
            }
        }
        for (schema, table) in &model.reads {
            let Some(schema) = schema else { continue };
            let name = format!("{}.{table}", if schema == engine::CURRENT { "egress" } else { schema });
            if let Some(version) = next.versions.get(&name) {
                record.tables.insert(name, *version);
            }
        }
    }
    record.fingerprint = fingerprint(plan, &record, &next.versions);
    Ok(record)
}

/// A table whose log ends before its published version has lost what was published.
fn check_logs(lake: &Lake, base: &RunRecord) -> Result<()> {
    for (name, published) in &base.versions {
        let newest = lake.newest_version(name)?;
        if newest < Some(*published) {
            let ends = newest.map_or("is gone".to_owned(), |newest| format!("ends at version {newest}"));
            return Err(damaged(name, format!("version {published} is published but its log {ends}")));
        }
    }
    Ok(())
}

/// Rows of a run that was blocked or cut off are in no published version: reports alone must not be made around them.
fn check_all_published(lake: &Lake, base: &RunRecord) -> Result<()> {
    for table in catalog::TABLES {
        let name = table.qualified_name();
        if lake.newest_version(&name)? > base.versions.get(&name).copied() {
            return Err(Error::data(format!("{name} holds rows of a run that was blocked or cut off"))
                .hint("run `etl run --stage all`, or publish the tables first with `etl run --stage normalize`"));
        }
    }
    Ok(())
}

/// Reports that stay as they are must be of the environment that the others are made for.
fn check_one_environment(plan: &Plan<'_>, base: &RunRecord, environment: Option<&str>) -> Result<()> {
    let stays = base.reports.iter().filter(|(name, _)| !plan.reports.iter().any(|report| report.name == **name));
    for (name, record) in stays {
        if record.environment.as_deref() != environment {
            let of = |name: Option<&str>| name.unwrap_or("no environment").to_owned();
            return Err(Error::usage(format!(
                "the report {name} is of {}, and reports of {} would stand beside it",
                of(record.environment.as_deref()),
                of(environment)
            ))
            .hint("make all reports anew, without --report, or use other --lake and --artifacts folders"));
        }
    }
    Ok(())
}

/// Loading prints what was made: a parameter that asks for something else would be passed over in silence.
fn check_parameters(plan: &Plan<'_>, published: &RunRecord) -> Result<()> {
    let made = plan.reports.iter().filter_map(|report| published.reports.get(&report.name));
    for (name, before) in made.flat_map(|record| &record.parameters) {
        if let Some(value) = plan.parameters.texts.get(name).filter(|value| *value != before) {
            return Err(Error::usage(format!(
                "`{name}` is `{value}`, but the reports in the lake were made with `{before}`"
            ))
            .hint("run `etl run --stage transform` with this parameter first"));
        }
    }
    Ok(())
}

/// Stands for everything a report and its run's checks are made from: tables, parameters, environment, SQL, the tool.
fn fingerprint(plan: &Plan<'_>, record: &ReportRecord, versions: &BTreeMap<String, u64>) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(format!("{:?}{:?}", record.environment, record.parameters));
    for (name, version) in versions.iter().filter(|(name, _)| plan.is_read(name)) {
        hash.update(format!("{name}={version};"));
    }
    hash.update(&plan.rules);
    hex(&hash.finalize())
}

/// Stands for what reports are made by, whatever they are made from: the SQL, and what it reads of the settings.
fn fingerprint_of_rules(
    models: &Models,
    setting_tables: &[(&'static str, RecordBatch)],
    settings: &Settings,
) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{setting_tables:?}{:?}", settings.checks));
    for model in models.iter() {
        hash.update(format!("{:?}/{}={};", model.layer, model.name, model.sql));
    }
    hex(&hash.finalize())
}

/// The environment the reports are of.
fn choose_environment(wanted: &Environment, present: &BTreeSet<String>) -> Result<Option<String>> {
    let names = || present.iter().cloned().collect::<Vec<_>>().join(" and ");
    match wanted {
        Environment::Named(name) if present.is_empty() || present.contains(name) => Ok(Some(name.clone())),
        Environment::Named(name) => {
            Err(Error::usage(format!("no row is of environment {name}: the data holds {}", names()))
                .hint("choose one of them with --environment"))
        }
        Environment::Auto if present.len() > 1 => {
            Err(Error::usage(format!("the data holds rows of {}, and reports never mix environments", names()))
                .hint("choose one with --environment, or environment = \"…\" in pipeline.toml"))
        }
        Environment::Auto => Ok(present.first().cloned()),
    }
}

/// Plans every model and check on empty tables, so that a mistake in SQL is found before anything is read.
///
/// # Errors
/// Usage (exit 2), naming the file.
pub async fn plan_on_empty_tables(models: &Models, settings: &Settings) -> Result<()> {
    let nowhere = Lake::new(&settings.lake.folder);
    let mut engine = Engine::new(&nowhere, BTreeMap::new(), None, settings.threads, settings.memory_bytes)?;
    let parameters = placeholders(&models.parameters()?);
    let order = models.closure(models.iter().map(|model| model.name.as_str()))?;
    engine.verify_models(&order, &parameters).await
}

fn stage_name(stage: Stage) -> &'static str {
    Stage::CHOICES.iter().find(|(_, choice)| *choice == stage).map_or("all", |(name, _)| name)
}
