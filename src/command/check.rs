//! `etl check`: what can be known without reading or writing data.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::json;

use super::print;
use crate::error::{Error, Result};
use crate::model::Models;
use crate::pipeline::plan_on_empty_tables;
use crate::place::lake::Lake;
use crate::run::RunRecord;
use crate::settings::{OutputFormat, Settings};
use crate::source::egress;

/// Checks settings, locations and every SQL file; writes nothing but its findings.
///
/// # Errors
/// Usage (exit 2) for the first setting, folder or file that is not as it must be; damaged (exit 5) for the lake.
pub async fn run(settings: &Settings) -> Result<()> {
    let models = Models::load(settings.sql.as_deref())?;
    let specs = models.parameters()?;
    let known: Vec<_> = specs.keys().map(String::as_str).collect();
    crate::settings::require_known_parameters(&settings.parameters, &known)?;
    let parameters = crate::engine::bind(&specs, &settings.parameters)?;
    crate::normalize::selected(settings.tables.as_ref())?;
    models.reports(settings.reports.as_ref())?;
    plan_on_empty_tables(&models, settings).await?;
    let found = egress::discover(&settings.landing)?;
    writable(&settings.lake)?;
    writable(&settings.artifacts)?;
    let published = RunRecord::newest(&Lake::new(&settings.lake)).await?;
    let unset: Vec<_> = specs.keys().filter(|name| !parameters.contains_key(*name)).collect();

    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({
                "config": settings.config_file,
                "sql_files": models.iter().count(),
                "export_files": found.deliveries.len(),
                "unmatched_files": found.unmatched,
                "published_run": published.as_ref().map(|record| &record.run_id),
                "parameters_without_value": unset,
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
            line("sql", format!("{} files planned on empty tables", models.iter().count()));
            line("landing", format!("{}: {} export files", settings.landing.display(), found.deliveries.len()));
            for file in &found.unmatched {
                line("", format!("belongs to no table: {file}"));
            }
            let run = published
                .map_or("nothing published yet".to_owned(), |record| format!("published by run {}", record.run_id));
            line("lake", format!("{}: {run}", settings.lake.display()));
            line("artifacts", settings.artifacts.display().to_string());
            for name in unset {
                line("parameter", format!("{name} has no value: reports that need it cannot be made"));
            }
            text
        }
    };
    print(text.as_bytes())
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
