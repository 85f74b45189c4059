//! Where the rows of a staging model came from: the file and row, or the answer and the request it was an answer to.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, lit};
use datafusion::prelude::DataFrame;

use super::rows::column;
use crate::engine::Engine;
use crate::error::Result;
use crate::printer::explanation::{AnswerTo, Source};
use crate::printer::text_of;

/// The lake's columns that say where a row came from; the last one only rows of the API have.
pub const ORIGIN: [&str; 3] = ["_source_file", "_source_row", "_source_pointer"];

/// The plan of a staging model with the columns of [`ORIGIN`] behind its own, or nothing where a row of it is not one row
/// of a table that has them.
///
/// # Errors
/// The engine's own.
pub fn with_origin(plan: &LogicalPlan) -> std::result::Result<Option<LogicalPlan>, DataFusionError> {
    if plan.schema().fields().iter().any(|field| field.name() == ORIGIN[0]) {
        return Ok(Some(plan.clone()));
    }
    let [input] = plan.inputs()[..] else { return Ok(None) };
    let Some(input) = with_origin(input)? else { return Ok(None) };
    match plan {
        LogicalPlan::Projection(projection) => {
            let mut expressions = projection.expr.clone();
            for (qualifier, field) in input.schema().iter().filter(|(_, field)| ORIGIN.contains(&field.name().as_str()))
            {
                expressions.push(Expr::Column(Column::new(qualifier.cloned(), field.name())));
            }
            Ok(Some(LogicalPlan::Projection(Projection::try_new(expressions, input.into())?)))
        }
        LogicalPlan::Unnest(_) => plan.with_new_exprs(Vec::new(), vec![input]).map(Some),
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_) => plan.with_new_exprs(plan.expressions(), vec![input]).map(Some),
        // Rows that were put together are of many.
        _ => Ok(None),
    }
}

/// The sources that rows name, each once, in the order of file, row and pointer.
///
/// # Errors
/// Failed for values that have no text.
pub fn sources(rows: &RecordBatch, into: &mut BTreeMap<(String, u64, Option<String>), Source>) -> Result<()> {
    let text = |name: &str, row| rows.column_by_name(name).map_or(Ok(None), |array| text_of(array, row));
    for row in 0..rows.num_rows() {
        let (Some(file), Some(number)) = (text(ORIGIN[0], row)?, text(ORIGIN[1], row)?) else { continue };
        let (Ok(number), pointer) = (number.parse::<u64>(), text(ORIGIN[2], row)?) else { continue };
        let key = (file.clone(), number, pointer.clone());
        into.entry(key).or_insert(Source { file, row: number, pointer, request: None });
    }
    Ok(())
}

/// Finds what was asked for each source that is an answer of the API.
///
/// # Errors
/// Failed or damaged (exit 5) when the answers cannot be read.
pub async fn add_requests(engine: &mut Engine, sources: &mut [Source]) -> Result<()> {
    let answers: Vec<_> = sources.iter().filter(|source| source.pointer.is_some()).collect();
    if answers.is_empty() {
        return Ok(());
    }
    let list =
        |name: &str, values: Vec<ScalarValue>| column(name).in_list(values.into_iter().map(lit).collect(), false);
    let files = answers.iter().map(|source| ScalarValue::from(source.file.as_str())).collect();
    let rows = answers.iter().map(|source| ScalarValue::from(i64::try_from(source.row).ok())).collect();
    let wanted = list(ORIGIN[0], files).and(list(ORIGIN[1], rows));
    engine.provide(&[(Some("raw".to_owned()), "api_responses".to_owned())]).await?;
    let failed = |error: DataFusionError| engine.query_failed("raw.api_responses", &error);
    let columns = [ORIGIN[0], ORIGIN[1], "method", "path", "request_body"];
    let found: DataFrame = engine.context.table("raw.api_responses").await.map_err(failed)?;
    let found = found.filter(wanted).and_then(|rows| rows.select_columns(&columns)).map_err(failed)?;
    let mut requests = BTreeMap::new();
    for batch in found.collect().await.map_err(failed)? {
        for row in 0..batch.num_rows() {
            let text = |place: usize| text_of(batch.column(place), row);
            let request = AnswerTo { method: text(2)?, path: text(3)?, body: text(4)? };
            requests.insert((text(0)?, text(1)?), request);
        }
    }
    for source in sources {
        source.request = requests.get(&(Some(source.file.clone()), Some(source.row.to_string()))).cloned();
    }
    Ok(())
}
