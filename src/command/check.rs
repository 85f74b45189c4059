//! `etl check`: what can be known without taking or writing data.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::json;

use super::print;
use crate::catalog::Table;
use crate::engine::{Engine, parameters};
use crate::error::{Error, Result};
use crate::extract::{self, Account, Landed};
use crate::load::require_artifacts;
use crate::make::make_aside;
use crate::model::Models;
use crate::origin::DataOrigin;
use crate::pipeline::parameters::checked;
use crate::pipeline::plan_on_empty_tables;
use crate::place::lake::Lake;
use crate::place::scratch::Scratch;
use crate::printer::{counted, text_of};
use crate::run::{Run, RunRecord, is_made};
use crate::setting_tables;
use crate::settings::{Api, DeliveryPlace, OutputFormat, Settings, Source};
use crate::source::api::{self, Clock, Probe, Probed};

/// Checks settings, locations and every SQL file; writes nothing but its findings.
///
/// # Errors
/// Usage (exit 2) for the first setting, folder or file that is not as it must be; damaged (exit 5) for the lake.
pub async fn run(settings: &Settings) -> Result<()> {
    let lake = Lake::open(&settings.lake)?;
    let lake_is_made = is_made(&lake)?;
    if !lake_is_made
        && settings.config_file.is_none()
        && settings.sources.contains(&Source::Egress)
        && matches!(&settings.delivered, DeliveryPlace::Folder(landing) if !landing.exists())
    {
        return Err(Error::usage(format!(
            "no lake here: {}, and there is neither a pipeline.toml nor the folder {}",
            lake.describe_absence(),
            settings.delivered
        ))
        .hint("go to the project's folder, name its settings with --config, or begin a project with `etl init DIR`"));
    }
    let models = Models::of(settings)?;
    let tables = crate::normalize::selected(settings.tables.as_ref())?;
    let reports = models.reports(settings.reports.as_ref())?;
    checked(&models, settings, &reports)?;
    plan_on_empty_tables(&models, settings).await?;
    // As a run would, and no further: what it would refuse is refused here.
    let landed = Landed::delivered(&tables, settings)?;
    let origin = DataOrigin::of_run(settings, &landed)?.in_lake(&lake, settings).await?;
    require_artifacts(&origin, &lake, settings).await?;
    writable(&settings.lake.folder)?;
    writable(&settings.artifacts.folder)?;
    let published = RunRecord::newest(&lake).await?;
    let proposals = match &published {
        Some(published) => proposals(published, &models, &lake, settings).await?,
        None => Vec::new(),
    };
    let probed = match &settings.api {
        Some(api) => probe(&tables, api, &settings.landing).await?,
        None => Vec::new(),
    };

    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({
                "config": settings.config_file,
                "sql_files": models.iter().count(),
                "export_files": landed.deliveries.len(),
                "unmatched_files": landed.unmatched,
                "sample": origin.is_sample,
                "proposed_metrics": proposals,
                "api": probed.iter().map(|probed| (probed.endpoint, describe(&probed.answer))).collect::<BTreeMap<_, _>>(),
                "lake_is_made": lake_is_made,
                "published_run": published.as_ref().map(|record| &record.run_id),
            });
            format!("{json}\n")
        }
        OutputFormat::Text => {
            let mut text = String::new();
            let config =
                settings.config_file.as_ref().map_or("none, defaults".to_owned(), |file| file.display().to_string());
            let mut line = |what: &str, finding: String| {
                // Writing to memory does not fail.
                let _ = writeln!(text, "{what:<12}{finding}");
            };
            line("settings", config);
            line("sql", format!("{} planned on empty tables", counted(models.iter().count() as u64, "file")));
            let files = counted(landed.deliveries.len() as u64, "export file");
            let whose = if origin.is_sample { ", the sample account's" } else { "" };
            line("landing", format!("{}: {files}{whose}", settings.delivered));
            for file in &landed.unmatched {
                line("", format!("not read: {file}"));
            }
            if let Some(api) = &settings.api {
                let readable = probed.iter().filter(|probed| probed.answer == Probe::Readable).count();
                let endpoints = counted(probed.len() as u64, "endpoint");
                line("api", format!("{}: {readable} of {endpoints} answered", api.base_url));
                for probed in probed.iter().filter(|probed| probed.answer != Probe::Readable) {
                    line("", format!("{}: {}", probed.endpoint, describe(&probed.answer)));
                }
            }
            let run = match published {
                Some(record) => format!("published by run {}", record.run_id),
                None if lake_is_made => "nothing published yet".to_owned(),
                None => "not made yet, a run will make it".to_owned(),
            };
            line("lake", format!("{}: {run}", settings.lake));
            line("artifacts", settings.artifacts.to_string());
            if !proposals.is_empty() {
                line(
                    "metrics",
                    "some do not say what they count; what the data allows, to be written under [metrics]:".to_owned(),
                );
                for proposal in &proposals {
                    line("", proposal.clone());
                }
            }
            text
        }
    };
    print(text.as_bytes())?;
    // Said at the end, so that everything else is known too.
    probed
        .into_iter()
        .find_map(|probed| match probed.answer {
            Probe::Denied(error) => Some(Err(error)),
            _ => None,
        })
        .unwrap_or(Ok(()))
}

/// Lines of `[metrics]` for metrics that do not say what they count, where what was published allows one answer only.
async fn proposals(published: &RunRecord, models: &Models, lake: &Lake, settings: &Settings) -> Result<Vec<String>> {
    const MODEL: &str = "int_metrics_proposed";
    let Settings { threads, memory_bytes, .. } = *settings;
    let mut engine =
        Engine::new(lake, published.versions.clone(), published.environment.clone(), threads, memory_bytes)?
            .with_settings(setting_tables::of(settings, models)?);
    let scratch = Scratch::new();
    let parameters = parameters::fixed(&models.parameters()?, &settings.parameters)?;
    make_aside(&models.closure([MODEL])?, &parameters.values, &mut engine, scratch.path()).await?;
    let sql = format!("select settings_line from {MODEL} order by settings_line");
    let failed = |error| engine.query_failed(MODEL, &error);
    let batches = engine.context.sql(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text_of(batch.column(0), row)));
    Ok(rows.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Asks each endpoint that a run would read once.
async fn probe(tables: &[&'static Table], api: &Api, landing: &Path) -> Result<Vec<Probed>> {
    let account = Account::open(api, landing, &Run::begin())?;
    let endpoints = extract::endpoints(tables, api)?;
    api::probe(&endpoints, api, &account.base_url, &account.token, account.now_micros()).await
}

fn describe(probe: &Probe) -> String {
    match probe {
        Probe::Readable => "readable".to_owned(),
        Probe::NothingToAskFor(parent) => format!("not tried: it is asked for each row of {parent}, and there is none"),
        Probe::Denied(error) | Probe::Failed(error) => error.to_string(),
    }
}

/// A folder that is there, or can be made: its nearest existing ancestor is a folder that is not read-only.
fn writable(folder: &Path) -> Result<()> {
    let absolute = std::path::absolute(folder).map_err(|source| Error::io("resolve", folder, source))?;
    for ancestor in absolute.ancestors() {
        match std::fs::metadata(ancestor) {
            Err(source) if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(source) => return Err(Error::io("read", ancestor, source)),
            Ok(metadata) if !metadata.is_dir() => {
                return Err(Error::usage(format!("{} is a file where a folder is to be", ancestor.display())));
            }
            Ok(_) => {
                return rustix::fs::access(ancestor, rustix::fs::Access::WRITE_OK).map_err(|_| {
                    Error::usage(format!("{} cannot be written to", ancestor.display()))
                        .hint("check the owner and the mode of the folder")
                });
            }
        }
    }
    Ok(())
}
