//! `etl explain`: what the rows of a published report were made from.

use std::collections::BTreeMap;

use tracing::warn;

use super::print;
use crate::engine::Engine;
use crate::engine::parameters::{Specs, Times, is_relative_value, resolve};
use crate::error::{Error, Result};
use crate::explain::key::Key;
use crate::explain::{Ground, Question, explain};
use crate::model::{Layer, Models};
use crate::place::lake::Lake;
use crate::place::scratch::Scratch;
use crate::run::{ReportRecord, Run, RunRecord, require_lake};
use crate::setting_tables;
use crate::settings::{Environment, GivenBy, OutputFormat, Parameter, Settings};
use crate::suggest::nearest;
use crate::task::mart_table;

/// Explains the rows and prints it.
///
/// # Errors
/// Usage (exit 2) for a report, column or row that is not there; whatever keeps the lake from being read.
pub async fn run(settings: &Settings, report: &str, key: &str, limit: usize) -> Result<()> {
    let key = Key::parse(key)?;
    let models = Models::of(settings)?;
    let reports = || models.iter().filter(|model| model.layer == Layer::Marts);
    let report = models.get(report).filter(|model| model.layer == Layer::Marts).ok_or_else(|| {
        let names = || reports().map(|model| model.name.as_str());
        Error::usage(format!("there is no report `{report}`")).hint(match nearest(report, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the reports are {}", names().collect::<Vec<_>>().join(", ")),
        })
    })?;
    // A misspelt column is told also where nothing was published.
    key.conditions(report)?;
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let published = RunRecord::newest(&lake).await?.unwrap_or_default();
    let unpublished = || {
        Error::usage(format!("{} was not published in {}", report.name, settings.lake))
            .hint("make it with `etl run`, or name the right folder with --lake")
    };
    let record = published.reports.get(&report.name).ok_or_else(unpublished)?;
    let version = published.versions.get(&mart_table(&report.name)).copied();
    let state = lake.table(&mart_table(&report.name), version).await?.ok_or_else(unpublished)?;
    let specs = models.parameters()?;
    let times = Times::on(Run::begin().day());
    let parameters = resolve(&specs, &parameters(settings, record), &times)?.values;
    say_what_is_passed_over(settings, &specs, record);
    let versions = versions(&lake, &published, record).await?;
    let session = |versions: BTreeMap<String, u64>| {
        Engine::new(&lake, versions, record.environment.clone(), settings.threads, settings.memory_bytes)
    };
    let scratch = Scratch::new();
    let ground = Ground {
        models: &models,
        record,
        published: state,
        parameters: &parameters,
        engine: session(versions)?.with_settings(setting_tables::of(settings, &models)?),
        planner: session(BTreeMap::new())?,
        aside: scratch.path(),
    };
    let explanation = explain(&Question { report, key: &key, limit }, ground).await?;
    let mut out = Vec::new();
    let written = match settings.output {
        OutputFormat::Json => explanation.write_json(&mut out)?,
        OutputFormat::Text => explanation.write_text(&mut out)?,
    };
    written.map_err(|error| Error::failed(format!("the explanation cannot be written: {error}")))?;
    print(&out)
}

/// The versions the report was made from. The tool's own tables are as its run left them: what tells of the run's findings
/// was made when they were known.
async fn versions(lake: &Lake, published: &RunRecord, record: &ReportRecord) -> Result<BTreeMap<String, u64>> {
    let of_run = RunRecord::all(lake).await?.into_iter().rfind(|run| run.run_id == record.run_id);
    let mut versions = of_run.map_or_else(|| published.versions.clone(), |run| run.versions);
    versions.extend(record.tables.iter().filter(|(name, _)| !name.starts_with("etl.")).map(|(n, v)| (n.clone(), *v)));
    Ok(versions)
}

/// The report's own parameters; those of today for what it did not depend on when it was made.
fn parameters(settings: &Settings, record: &ReportRecord) -> BTreeMap<String, Parameter> {
    let mut parameters = settings.parameters.clone();
    for (name, value) in &record.parameters {
        let by = GivenBy::Record(format!("etl.runs, run {}", record.run_id));
        parameters.insert(name.clone(), Parameter { value: value.clone(), by });
    }
    parameters
}

/// A report is explained as it was made. Who asks for something else is told that it is not used.
fn say_what_is_passed_over(settings: &Settings, specs: &Specs, record: &ReportRecord) {
    for (name, made_with) in &record.parameters {
        let is_relative = |value: &str| specs.get(name).is_some_and(|spec| is_relative_value(spec, value));
        let is_other = |given: &&Parameter| given.value != *made_with && !is_relative(&given.value);
        if let Some(given) = settings.parameters.get(name).filter(is_other) {
            warn!("`{name}` is `{}` in the settings, but the report was made with `{made_with}`", given.value);
        }
    }
    if let Environment::Named(name) = &settings.environment
        && record.environment.as_ref() != Some(name)
    {
        let made_for = record.environment.as_deref().unwrap_or("no environment");
        warn!("the environment is {name} in the settings, but the report was made for {made_for}");
    }
}
