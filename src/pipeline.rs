//! The stages in their order: one lock, the moves, one published record.
//!
//! Nothing of a run is visible before its record is: tables are committed first, then reports, then the one row of
//! `etl.runs` that names the version of every table. Data that must not be reported on leaves that state as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use datafusion::common::ScalarValue;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::catalog::runs::{FILES, QUARANTINE};
use crate::catalog::{self, Table};
use crate::engine::{self, Engine};
use crate::error::{Error, Result};
use crate::extract::extract;
use crate::load::{hex, load};
use crate::model::{Layer, Model, Models};
use crate::normalize::{self, Normalized};
use crate::place::lake::Lake;
use crate::printer::summary::Summary;
use crate::run::{Run, RunRecord};
use crate::settings::{Choice, Environment, Settings, Stage};
use crate::transform::{mart_table, require_parameters, transform};

/// Everything known before anything is touched.
struct Plan<'a> {
    settings: &'a Settings,
    stage: Stage,
    full_refresh: bool,
    tables: Vec<&'static Table>,
    models: &'a Models,
    reports: Vec<&'a Model>,
    parameters: BTreeMap<String, ScalarValue>,
}

/// Runs a stage, or all of them, and says what came of it.
pub async fn run(settings: &Settings, stage: Stage, full_refresh: bool) -> (Summary, Result<()>) {
    let started = Instant::now();
    let run = Run::begin();
    let mut summary = Summary {
        status: "done".to_owned(),
        run_id: run.id.clone(),
        stage: stage_name(stage).to_owned(),
        artifacts: settings.artifacts.display().to_string(),
        notice: settings.sample_notice.clone(),
        ..Summary::default()
    };
    if let Some(notice) = &settings.sample_notice {
        warn!("SAMPLE DATA: {notice}");
    }
    let result = run_stages(settings, stage, full_refresh, &run, &mut summary).await;
    Lake::new(&settings.lake).clear_staging(&run.id);
    if let Err(error) = &result {
        error.kind().name().clone_into(&mut summary.status);
        summary.exit_code = error.exit_code();
        summary.error = Some(error.to_string());
    }
    summary.milliseconds = started.elapsed().as_millis() as u64;
    (summary, result)
}

async fn run_stages(
    settings: &Settings,
    stage: Stage,
    full_refresh: bool,
    run: &Run,
    summary: &mut Summary,
) -> Result<()> {
    let models = Models::load(settings.sql.as_deref())?;
    let specs = models.parameters()?;
    let known: Vec<_> = specs.keys().map(String::as_str).collect();
    crate::settings::require_known_parameters(&settings.parameters, &known)?;
    let plan = Plan {
        settings,
        stage,
        full_refresh,
        tables: normalize::selected(settings.tables.as_ref())?,
        reports: models.reports(settings.reports.as_ref())?,
        parameters: engine::bind(&specs, &settings.parameters)?,
        models: &models,
    };
    if plan.does(Stage::Transform) {
        require_parameters(&plan.reports, &models, &plan.parameters)?;
        plan_on_empty_tables(&models, settings).await?;
    }
    let lake = Lake::new(&settings.lake);
    let _lock = lake.lock(&run.id)?;
    let published = RunRecord::newest(&lake).await?;
    let base = published.clone().unwrap_or_default();
    let mut next = RunRecord {
        run_id: run.id.clone(),
        started_at: run.started_at.clone(),
        stage: stage_name(stage).to_owned(),
        status: "done".to_owned(),
        ..base.clone()
    };
    let mut environments = None;
    if plan.does(Stage::Normalize) || plan.does(Stage::Extract) {
        let landed = extract(&plan.tables, settings)?;
        summary.unmatched_files = landed.unmatched;
        summary.receipts.extend(landed.receipts);
        let normalized =
            normalize::normalize(&plan.tables, &landed.deliveries, &lake, run, settings, full_refresh).await?;
        summary.receipts.extend(normalized.receipts.iter().cloned());
        summary.quarantined_cells = normalized.quarantined_cells;
        next.quarantined_cells = normalized.quarantined_cells;
        if plan.does(Stage::Transform) {
            choose_environment(&settings.environment, &normalized.environments)?;
        }
        environments = Some(normalized.environments.clone());
        take_in(normalized, &lake, run, settings, &base, &mut next).await?;
    }
    if plan.does(Stage::Transform) {
        let environments = match environments {
            Some(environments) => environments,
            None => normalize::environments(&lake).await?,
        };
        next.environment = choose_environment(&settings.environment, &environments)?;
        make_reports(&plan, &lake, run, &base, &mut next, summary).await?;
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
        info!(run_id = run.id, "published");
    }
    let mut loaded = false;
    if plan.does(Stage::Load) {
        let record = if is_new { &next } else { &base };
        check_parameters(&given_parameters(settings), &record.parameters)?;
        let names: Vec<_> = plan.reports.iter().map(|report| report.name.clone()).collect();
        let receipts = load(&names, record, &lake, &settings.artifacts, settings.sample_notice.as_deref(), run).await?;
        loaded = receipts.iter().any(|receipt| receipt.note != "unchanged");
        summary.receipts.extend(receipts);
    }
    if !is_new && !loaded {
        "unchanged".clone_into(&mut summary.status);
    }
    Ok(())
}

impl Plan<'_> {
    fn does(&self, stage: Stage) -> bool {
        self.stage == stage || self.stage == Stage::All
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
        publish_blocked(base, versions, normalized.quarantined_cells, lake, run, next).await?;
        return Err(refusal);
    }
    if !normalized.is_empty() {
        normalized.commit(lake, run).await?;
    }
    // A run that was blocked or killed may have left tables that are newer than the published ones.
    let tables = catalog::TABLES.iter().map(|table| table.qualified_name());
    for name in tables.chain([FILES.name.to_owned(), QUARANTINE.name.to_owned()]) {
        if let Some(version) = lake.newest_version(&name)? {
            next.versions.insert(name, version);
        }
    }
    Ok(())
}

/// Publishes what kept the run from publishing anything else.
async fn publish_blocked(
    base: &RunRecord,
    versions: BTreeMap<String, u64>,
    quarantined_cells: u64,
    lake: &Lake,
    run: &Run,
    next: &RunRecord,
) -> Result<()> {
    let mut blocked = RunRecord {
        run_id: next.run_id.clone(),
        started_at: next.started_at.clone(),
        stage: next.stage.clone(),
        status: "blocked".to_owned(),
        quarantined_cells,
        ..base.clone()
    };
    blocked.versions.extend(versions);
    if blocked.versions == base.versions && base.status == blocked.status {
        return Ok(());
    }
    blocked.publish(lake, run, &[]).await
}

/// Makes, checks and commits the reports over the candidate versions.
async fn make_reports(
    plan: &Plan<'_>,
    lake: &Lake,
    run: &Run,
    base: &RunRecord,
    next: &mut RunRecord,
    summary: &mut Summary,
) -> Result<()> {
    next.parameters = given_parameters(plan.settings);
    let all = plan.reports.len() == plan.models.iter().filter(|model| model.layer == Layer::Marts).count();
    let fingerprint = fingerprint(plan.models, next);
    let made = plan.reports.iter().all(|report| next.versions.contains_key(&mart_table(&report.name)));
    if base.transform.as_deref() == Some(&fingerprint) && made && !plan.full_refresh {
        "done".clone_into(&mut next.status);
        next.transform = Some(fingerprint);
        info!("nothing that the reports are made from has changed");
        return Ok(());
    }
    let mut engine = Engine::new(
        lake,
        next.versions.clone(),
        next.environment.clone(),
        plan.settings.threads,
        plan.settings.memory_bytes,
    )?;
    let transformed = transform(&plan.reports, plan.models, &plan.parameters, &mut engine, lake, run).await?;
    summary.receipts.extend(transformed.receipts.iter().cloned());
    if let Err(refusal) = transformed.check() {
        let versions = transformed.commit_checks(lake, run).await?;
        publish_blocked(base, versions, base.quarantined_cells, lake, run, next).await?;
        return Err(refusal);
    }
    next.versions.extend(transformed.commit(lake, run).await?);
    // Some reports made anew beside others that were not are no state to stop at.
    next.transform = all.then_some(fingerprint);
    Ok(())
}

fn given_parameters(settings: &Settings) -> BTreeMap<String, String> {
    settings.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone())).collect()
}

/// Loading prints what was made: a parameter that asks for something else would be passed over in silence.
fn check_parameters(given: &BTreeMap<String, String>, published: &BTreeMap<String, String>) -> Result<()> {
    for (name, value) in given {
        if let Some(before) = published.get(name).filter(|before| *before != value) {
            return Err(Error::usage(format!(
                "`{name}` is `{value}`, but the reports in the lake were made with `{before}`"
            ))
            .hint("run `etl run --stage transform` with this parameter first"));
        }
    }
    Ok(())
}

/// Stands for everything the reports are made from: tables, parameters, environment, SQL and version of the tool.
fn fingerprint(models: &Models, next: &RunRecord) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(format!("{:?}{:?}", next.environment, next.parameters));
    for (name, version) in next.versions.iter().filter(|(name, _)| name.starts_with("egress.")) {
        hash.update(format!("{name}={version};"));
    }
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
    let nowhere = Lake::new(&settings.lake);
    let mut engine = Engine::new(&nowhere, BTreeMap::new(), None, settings.threads, settings.memory_bytes)?;
    let parameters = engine::placeholders(&models.parameters()?);
    let order = models.closure(models.iter().map(|model| model.name.as_str()))?;
    engine.add_models(&order, &parameters).await
}

fn stage_name(stage: Stage) -> &'static str {
    Stage::CHOICES.iter().find(|(_, choice)| *choice == stage).map_or("all", |(name, _)| name)
}
