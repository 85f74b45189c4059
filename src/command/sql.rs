//! `etl sql`: one read-only query over the published lake.

mod fault;
mod names;

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SQLOptions;
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use tracing::warn;

use super::ignore_closed_pipe;
use crate::engine::Engine;
use crate::engine::parameters::{Times, as_published, check, placeholders, resolve};
use crate::error::{Error, Result};
use crate::make::{make_aside, row_schema};
use crate::model::references::tables_asked;
use crate::model::{Layer, Models};
use crate::pipeline::parameters::{Data, resolve_over};
use crate::place::lake::Lake;
use crate::place::scratch::Scratch;
use crate::printer::rows::RowPrinter;
use crate::run::{Run, RunRecord, is_made, require_lake};
use crate::setting_tables;
use crate::settings::{Environment, Query, Settings, TableFormat};
use crate::task::mart_table;

/// Runs the query and prints its rows.
///
/// # Errors
/// Usage (exit 2) where no lake is, or the query is no read-only one, names what is not there, or fails by its own fault;
/// else as what keeps the lake from being read.
pub async fn run(settings: &Settings, query: &Query, format: TableFormat, output: Option<&Path>) -> Result<()> {
    let sql = read(query)?;
    fault::require_select(&sql)?;
    let scratch = Scratch::new();
    let models = Models::of(settings)?;
    let engine = session(settings, &sql, &models, &scratch).await?;
    answer(&engine, &models, &sql, format, output).await
}

/// Prints the rows of a query of a session that has what it names.
pub(super) async fn answer(
    engine: &Engine,
    models: &Models,
    sql: &str,
    format: TableFormat,
    output: Option<&Path>,
) -> Result<()> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let planned = engine.context.sql_with_options(sql, read_only).await;
    let frame = planned.map_err(|error| fault::unplanned(&error, models))?;
    fault::refuse_dates_as_numbers(frame.logical_plan())?;
    let rows = frame.execute_stream().await.map_err(|error| fault::failed(&error, engine))?;
    match output {
        None => {
            let out = BufWriter::new(io::stdout());
            write(engine, rows, format, out).await.and_then(|written| ignore_closed_pipe(written.map(drop)))
        }
        Some(path) => write_file(engine, rows, format, path).await,
    }
}

fn read(query: &Query) -> Result<String> {
    match query {
        Query::Text(text) => Ok(text.clone()),
        Query::File(path) => fs::read_to_string(path)
            .map_err(|source| Error::io("read", path, source).kind_is(crate::error::ErrorKind::Usage)),
        Query::StandardInput => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Error::usage(format!("cannot read the query from standard input: {error}")))?;
            Ok(text)
        }
    }
}

/// A session in which everything the query names can be read, at the published versions.
pub(super) async fn session(settings: &Settings, sql: &str, models: &Models, scratch: &Scratch) -> Result<Engine> {
    let lake = Lake::open(&settings.lake)?;
    let (wanted, are_rows_wanted) = tables_asked(sql);
    // Settings are no part of the lake: what checks and codes there are can be asked before the first run.
    let is_of = |of: &str, (schema, _): &(Option<String>, String)| schema.as_deref() == Some(of);
    if wanted.is_empty() || !wanted.iter().all(|table| is_of("settings", table)) {
        require_lake(&lake)?;
    }
    let is_in_reports = |schema: &Option<String>| schema.as_deref().is_none_or(|schema| schema == "reports");
    let asked = wanted.iter().filter(|(schema, _)| is_in_reports(schema));
    let asked: Vec<_> = asked.filter_map(|(_, name)| models.get(name)).collect();
    let published = published(&lake).await?;
    let specs = models.parameters()?;
    let environment = match &settings.environment {
        Environment::Named(name) => Some(name.clone()),
        Environment::Auto => published.environment.clone(),
    };
    let given = as_published(&specs, &settings.parameters, &published.parameters);
    let data = Data { lake: &lake, versions: &published.versions, environment: environment.as_deref() };
    let day = settings.day.unwrap_or(Run::begin().day());
    let parameters = match asked.is_empty() {
        // They are to be right, and are not needed: the data need not be asked for the newest month.
        true => resolve(&specs, &given, &Times::on(day))?,
        false => resolve_over(&specs, &given, models, day, data, settings).await?,
    };
    // Asked for another month or environment than was published, a report is made anew.
    let as_published = |name: &str| {
        published.reports.get(name).is_some_and(|record| {
            let same =
                |(name, before): (&String, &String)| parameters.texts.get(name).is_none_or(|text| text == before);
            record.environment == environment && record.parameters.iter().all(same)
        })
    };
    let mut engine =
        Engine::new(&lake, published.versions.clone(), environment.clone(), settings.threads, settings.memory_bytes)?
            .with_settings(setting_tables::of(settings, models)?);
    engine.provide(&wanted).await?;
    for model in asked {
        let name = &model.name;
        if !are_rows_wanted {
            let parameters = placeholders(&specs);
            for model in models.closure([name.as_str()])? {
                engine.stand_in(model, &parameters).await?;
            }
            continue;
        }
        // A report is what was published; what it is made of is made anew.
        if as_published(name)
            && let Some(version) = published.versions.get(&mart_table(name)).filter(|_| model.layer == Layer::Marts)
            && let Some(state) = lake.table(&mart_table(name), Some(*version)).await?
        {
            engine.register_files(name, state, &row_schema(model))?;
            continue;
        }
        let closure = models.closure([name.as_str()])?;
        check(&specs, &given, &closure)?;
        make_aside(&closure, &parameters.values, &mut engine, scratch.path()).await?;
    }
    if are_rows_wanted {
        engine.verify_bytes()?;
    }
    if !are_rows_wanted || wanted.iter().any(|table| is_of("information_schema", table)) {
        // `show tables`, `describe` and the like: everything can be asked for, but no row of it.
        engine.outline(models.iter().filter(|model| model.layer != Layer::Checks))?;
    }
    Ok(engine)
}

/// The newest record; where no run has published anything its tables are empty, which is said.
async fn published(lake: &Lake) -> Result<RunRecord> {
    let newest = RunRecord::newest(lake).await?;
    if newest.is_none() && is_made(lake)? {
        warn!("no run has published anything to {} yet", lake.root().display());
    }
    Ok(newest.unwrap_or_default())
}

async fn write<W: Write>(
    engine: &Engine,
    mut rows: SendableRecordBatchStream,
    format: TableFormat,
    out: W,
) -> Result<io::Result<W>> {
    let mut printer = match RowPrinter::begin(format, rows.schema(), out) {
        Ok(printer) => printer,
        Err(error) => return Ok(Err(error)),
    };
    while let Some(batch) = rows.next().await {
        if let Err(error) = printer.write(&batch.map_err(|error| fault::failed(&error, engine))?)? {
            return Ok(Err(error));
        }
    }
    Ok(printer.finish())
}

/// Writes beside the file and renames: it is whole or not there.
async fn write_file(
    engine: &Engine,
    mut rows: SendableRecordBatchStream,
    format: TableFormat,
    path: &Path,
) -> Result<()> {
    let aside = path.with_extension(format!("part-{}", std::process::id()));
    let failed_to_write = |source| Error::io("write", path, source);
    let file = File::create(&aside).map_err(failed_to_write)?;
    let result = async {
        if format == TableFormat::Parquet {
            let not_written = |error| Error::failed(format!("cannot write {}: {error}", path.display()));
            let mut writer = ArrowWriter::try_new(&file, rows.schema(), None).map_err(not_written)?;
            while let Some(batch) = rows.next().await {
                writer.write(&batch.map_err(|error| fault::failed(&error, engine))?).map_err(not_written)?;
            }
            writer.close().map_err(not_written)?;
        } else {
            write(engine, rows, format, BufWriter::new(&file)).await?.map_err(failed_to_write)?;
        }
        file.sync_all().and_then(|()| fs::rename(&aside, path)).map_err(failed_to_write)
    }
    .await;
    if result.is_err() {
        // The failure is what matters; the half file beside is removed as well as can be.
        let _ = fs::remove_file(&aside);
    }
    result
}
