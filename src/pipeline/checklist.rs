//! The checklist of a close: what was looked at before the month was closed, and what was accepted by whom, a sheet of its pack.

use std::path::{Path, PathBuf};

use arrow::datatypes::{DataType, TimeUnit};
use chrono::NaiveDate;

use crate::catalog::runs::{ACCEPTANCES, CHECKS};
use crate::closes::name_of;
use crate::compare;
use crate::engine::Engine;
use crate::error::Result;
use crate::make::write_sql;
use crate::place::records::{Row, batch};

/// The sheet.
pub const CHECKLIST: &str = "checklist";

const QUERY: &str = include_str!("checklist.sql");

/// Writes the sheet to this folder, from what the checks came to and what was accepted: rows of etl.checks and etl.acceptances.
///
/// # Errors
/// Failed when the query fails.
pub async fn write(
    month: NaiveDate,
    checks: &[Row],
    acceptances: &[Row],
    engine: &Engine,
    folder: &Path,
) -> Result<PathBuf> {
    for (name, rows) in
        [("closing_checks", batch(&CHECKS, checks)?), ("closing_acceptances", batch(&ACCEPTANCES, acceptances)?)]
    {
        engine.register_rows(name, vec![rows.clone()], &rows.schema())?;
    }
    let schema = compare::fields(&[
        ("kind", DataType::Utf8),
        ("item", DataType::Utf8),
        ("severity", DataType::Utf8),
        ("result", DataType::Utf8),
        ("found", DataType::Int64),
        ("detail", DataType::Utf8),
        ("reason", DataType::Utf8),
        ("accepted_by", DataType::Utf8),
        ("accepted_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("accepted_until", DataType::Date32),
    ]);
    let sql = QUERY.replace("{month}", &name_of(month));
    let file = write_sql(engine, &sql, folder, CHECKLIST.to_owned(), &schema).await?;
    Ok(folder.join(&file.path))
}
