//! `etl status`: how new the data are, what the newest run came to, what stands open, which months are closed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use serde_json::{Map, Value, json};

use super::print;
use super::sql::session;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::Models;
use crate::place::scratch::Scratch;
use crate::printer::rows::RowPrinter;
use crate::printer::{counted, json_of_row};
use crate::settings::{OutputFormat, Settings, TableFormat};

/// How new the data are.
const DATA: &str = include_str!("status/data.sql");

/// What is told, each under its name and a heading.
const SECTIONS: [(&str, &str, &str); 4] = [
    ("runs", "Runs", include_str!("status/runs.sql")),
    ("sources", "Data", include_str!("status/sources.sql")),
    ("exceptions", "Exceptions", include_str!("status/exceptions.sql")),
    ("months", "Months", include_str!("status/months.sql")),
];

/// Says how things stand; `most` is how old the newest data may be.
///
/// # Errors
/// Usage (exit 2) where no lake is; data (exit 3), after all was told, where the data are older than they may be; else as what keeps
/// the lake from being read.
pub async fn run(settings: &Settings, most: Option<Duration>) -> Result<()> {
    let (scratch, models) = (Scratch::new(), Models::of(settings)?);
    let all: Vec<_> = SECTIONS.iter().map(|(_, _, sql)| *sql).chain([DATA]).map(|sql| format!("(\n{sql}\n)")).collect();
    let engine = session(settings, &format!("select 1 from {}", all.join(" cross join ")), &models, &scratch).await?;
    let newest = rows(&engine, DATA).await?.iter().find_map(newest_at);
    let age = newest.map(|newest| Utc::now().signed_duration_since(newest).to_std().unwrap_or_default());
    let told = match settings.output {
        OutputFormat::Json => as_json(&engine, newest, age).await?,
        OutputFormat::Text => as_text(&engine, newest, age).await?,
    };
    print(told.as_bytes())?;
    match (most, age) {
        (Some(most), None) => Err(Error::data(format!("no data came, and they may be {} old at most", length(most)))
            .hint("look at what should deliver them, then `etl run`")),
        (Some(most), Some(age)) if age > most => {
            Err(Error::data(format!("the newest data came {} ago, more than {}", length(age), length(most)))
                .hint("look at what should deliver them, then `etl run`"))
        }
        _ => Ok(()),
    }
}

async fn rows(engine: &Engine, sql: &str) -> Result<Vec<RecordBatch>> {
    let failed = |error| engine.query_failed("status", &error);
    engine.context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)
}

/// The instant in the first row, where there is one.
fn newest_at(batch: &RecordBatch) -> Option<DateTime<Utc>> {
    let instants = batch.column(0).as_primitive_opt::<TimestampMicrosecondType>()?;
    instants.iter().next().flatten().and_then(DateTime::from_timestamp_micros)
}

async fn as_json(engine: &Engine, newest: Option<DateTime<Utc>>, age: Option<Duration>) -> Result<String> {
    let mut told = Map::new();
    told.insert("newest_at".to_owned(), json!(newest.map(|newest| newest.to_rfc3339())));
    told.insert("age_seconds".to_owned(), json!(age.map(|age| age.as_secs())));
    for (name, _, sql) in SECTIONS {
        let mut values = Vec::new();
        for batch in rows(engine, sql).await? {
            for row in 0..batch.num_rows() {
                let value: Value = serde_json::from_str(&json_of_row(&batch, row)?)
                    .map_err(|error| Error::failed(format!("a row of {name}: {error}")))?;
                values.push(value);
            }
        }
        told.insert(name.to_owned(), Value::Array(values));
    }
    Ok(format!("{}\n", Value::Object(told)))
}

async fn as_text(engine: &Engine, newest: Option<DateTime<Utc>>, age: Option<Duration>) -> Result<String> {
    let mut text = match (newest, age) {
        (Some(newest), Some(age)) => {
            format!("the newest data came {} UTC, {} ago\n", newest.format("%Y-%m-%d %H:%M"), length(age))
        }
        _ => "no data came yet\n".to_owned(),
    };
    for (_, heading, sql) in SECTIONS {
        let rows = rows(engine, sql).await?;
        text.push_str(&format!("\n{heading}\n"));
        let Some(first) = rows.iter().find(|batch| batch.num_rows() > 0) else {
            text.push_str("none\n");
            continue;
        };
        let failed = |error| Error::failed(format!("the status cannot be written: {error}"));
        let mut printer = RowPrinter::begin(TableFormat::Table, first.schema(), Vec::new()).map_err(failed)?;
        for batch in &rows {
            printer.write(batch)?.map_err(failed)?;
        }
        text.push_str(&String::from_utf8_lossy(&printer.finish().map_err(failed)?));
    }
    Ok(text)
}

/// A length of time in its two largest units.
fn length(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => counted(minutes, "minute"),
        (0, hours, minutes) => format!("{} {}", counted(hours, "hour"), counted(minutes, "minute")),
        (days, hours, _) => format!("{} {}", counted(days, "day"), counted(hours, "hour")),
    }
}
