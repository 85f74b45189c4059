//! What the API listed and then did not know: a customer whose invoices are not found loses them all, and nobody would see it.
//!
//! How many rows of it the lake had is kept for as long as it is not found, so that the loss stays known in later runs.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};

use crate::catalog::runs::NOT_FOUND;
use crate::catalog::{Found, Table};
use crate::error::Result;
use crate::place::journal::About;
use crate::place::lake::TableState;
use crate::place::parquet;
use crate::place::records::{Row, cell};
use crate::value::timestamp;

/// The rows of `etl.not_found` of an endpoint: one for each series of its newest read that was answered so.
///
/// `before` are those of earlier reads.
///
/// # Errors
/// Damaged (exit 5) when a file of the lake cannot be read.
pub fn rows(
    endpoint: &str,
    table: &Table,
    state: Option<&TableState>,
    not_found: &[About],
    before: Vec<Row>,
    run_id: &str,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for about in not_found {
        let asked = serde_json::to_string(&about.asked).unwrap_or_default();
        let known_before = before.iter().find(|row| cell(&NOT_FOUND, row, "asked") == Some(&*asked));
        let known_before = known_before.and_then(|row| cell(&NOT_FOUND, row, "known_rows")?.parse().ok()).unwrap_or(0);
        let known = known_before.max(known_rows(table, state, &about.asked)?);
        rows.push(vec![
            Some(endpoint.to_owned()),
            Some(asked),
            Some(about.path.clone()),
            Some(timestamp::text(about.received_at)),
            Some(known.to_string()),
            Some(run_id.to_owned()),
        ]);
    }
    rows.sort();
    rows.dedup_by(|left, right| left[..2] == right[..2]);
    Ok(rows)
}

/// How many rows the lake has of what was asked for.
fn known_rows(table: &Table, state: Option<&TableState>, asked: &BTreeMap<String, String>) -> Result<u64> {
    let column_of = |parameter: &str| {
        let of_asked =
            table.columns.iter().find(|column| matches!(column.found, Found::Asked(name) if name == parameter));
        of_asked.or_else(|| table.columns.iter().find(|column| column.name == parameter)).map(|column| column.name)
    };
    let wanted: Vec<_> =
        asked.iter().filter_map(|(parameter, value)| Some((column_of(parameter)?, value.as_str()))).collect();
    let Some(state) = state.filter(|_| !wanted.is_empty()) else { return Ok(0) };
    let names: Vec<_> = wanted.iter().map(|(name, _)| *name).collect();
    let mut count = 0;
    for file in &state.files {
        let path = state.brought(file)?;
        for batch in parquet::read(&path, Some(&names))? {
            let batch = batch.map_err(|error| parquet::damaged(&path, &error))?;
            let is_one = |row: usize| {
                wanted.iter().all(|(name, value)| {
                    let texts = batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
                    texts.is_some_and(|texts| texts.is_valid(row) && texts.value(row) == *value)
                })
            };
            count += (0..batch.num_rows()).filter(|row| is_one(*row)).count() as u64;
        }
    }
    Ok(count)
}
