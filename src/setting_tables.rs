//! Settings as tables that models read: schema `settings`.

use arrow::array::RecordBatch;

use crate::catalog::runs::RunTable;
use crate::catalog::settings::{ACCOUNTS, CODES, DIMENSIONS, METRICS};
use crate::error::{Error, Result};
use crate::model::Models;
use crate::place::records::{Row, batch};
use crate::settings::Settings;

/// The tables of schema `settings`, by qualified name, rows in the order of their keys.
///
/// # Errors
/// Failed when a value is none of its column.
pub fn of(settings: &Settings, models: &Models) -> Result<Vec<(&'static str, RecordBatch)>> {
    let text = |text: &str| Some(text.to_owned());
    let accounts = settings.accounts.iter().map(|account| {
        let (owner, name) = account.of.as_ref().map(|of| (of.owner, of.name.as_str())).unzip();
        vec![text(account.key), owner.and_then(text), name.and_then(text), text(&account.name), text(account.kind)]
    });
    let codes = models.codes().into_values().map(|code| {
        let severity = settings.severity(&code.name, code.severity);
        vec![text(&code.name), text(severity.word()), text(&code.doc)]
    });
    let mut metrics = Vec::new();
    for metric in &settings.metrics {
        let properties = serde_json::to_string(&metric.properties)
            .map_err(|error| Error::failed(format!("the metric {}: {error}", metric.template)))?;
        metrics.push(vec![
            text(&metric.template),
            text(&metric.pattern),
            Some(properties),
            text(&metric.event_type),
            text(&metric.aggregate),
            metric.key.clone(),
        ]);
    }
    let dimensions = settings.dimensions.iter().map(|told| {
        vec![text(&told.name), text(&told.path), text(told.owner.word()), text(told.field), told.member.clone()]
    });
    let table = |table: &'static RunTable, rows: Vec<Row>| Ok((table.name, batch(table, &rows)?));
    Ok(vec![
        table(&ACCOUNTS, accounts.collect())?,
        table(&CODES, codes.collect())?,
        table(&METRICS, metrics)?,
        table(&DIMENSIONS, dimensions.collect())?,
    ])
}
