//! The rows of one step: the first of them to show, all of them counted and added up, and the values by which deeper
//! steps are found.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt;

use super::lineage::{JoinKey, is_telling};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::{Grain, HeaderColumn, Model, SqlType};
use crate::printer::explanation::Sum;
use crate::printer::text_of;

/// Values of a column that a condition names; a column with more tells nothing.
const NAMED_VALUES: usize = 500;
/// Columns in which amounts of a unit must agree to be added.
const ADDED_BY: [(&str, &str); 2] = [("currency", "currency"), ("credit type", "credit_type_id")];

/// A column of this very name.
pub fn column(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

/// What a step found.
pub struct Found {
    /// The first rows in the order of the grain.
    pub shown: RecordBatch,
    /// All rows.
    pub total: u64,
    /// Values by which the rows of other models are found.
    pub values: Values,
}

/// The values that the rows have in each column that can be asked for in other models.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<String, Distinct>);

#[derive(Debug, Default)]
struct Distinct {
    values: HashSet<ScalarValue>,
    has_null: bool,
    /// Whether there are more values than these.
    is_open: bool,
}

/// Reads the rows of a model.
///
/// # Errors
/// Failed or damaged (exit 5) when they cannot be read.
pub async fn read(engine: &Engine, model: &Model, rows: DataFrame, limit: usize, key: &[&str]) -> Result<Found> {
    let failed = |error: DataFusionError| engine.query_failed(&model.file, &error);
    let order = order(model).into_iter().map(|name| column(name).sort(true, true)).collect();
    let mut batches = rows.sort(order).map_err(failed)?.execute_stream().await.map_err(failed)?;
    let schema = batches.schema();
    let asked: Vec<_> = model.header.columns.iter().filter(|column| is_asked(column, model, key)).collect();
    let mut found = Found { shown: RecordBatch::new_empty(schema.clone()), total: 0, values: Values::default() };
    let mut shown = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        let open = limit.saturating_sub(usize::try_from(found.total).unwrap_or(usize::MAX));
        if open > 0 {
            shown.push(batch.slice(0, open.min(batch.num_rows())));
        }
        found.total += batch.num_rows() as u64;
        for column in &asked {
            if let Some(array) = batch.column_by_name(&column.name) {
                found.values.take(&column.name, array)?;
            }
        }
    }
    found.shown = concat_batches(&schema, &shown).map_err(|error| failed(error.into()))?;
    Ok(found)
}

/// What the amounts of the rows come to, for each currency or credit type. Prices are no amounts.
///
/// # Errors
/// Failed when one cannot be written with 38 digits.
pub async fn sums(engine: &Engine, model: &Model, rows: &DataFrame) -> Result<Vec<Sum>> {
    let failed = |error: DataFusionError| engine.query_failed(&model.file, &error);
    let mut sums = Vec::new();
    for (unit, by) in ADDED_BY {
        let is_added = |column: &&HeaderColumn| column.unit.as_deref() == Some(unit) && !column.name.contains("price");
        let names: Vec<_> = model.header.columns.iter().filter(is_added).map(|column| column.name.as_str()).collect();
        let Some(money_sum) = engine.context.state().aggregate_functions().get("money_sum").cloned() else { break };
        if names.is_empty() {
            continue;
        }
        let added = names.iter().map(|name| money_sum.call(vec![column(name)]).alias(*name)).collect();
        let added = rows.clone().aggregate(vec![column(by)], added).map_err(failed)?;
        let ordered = added.sort(vec![column(by).sort(true, false)]).map_err(failed)?;
        for batch in ordered.collect().await.map_err(failed)? {
            for row in 0..batch.num_rows() {
                let mut amounts = Vec::new();
                for (name, array) in names.iter().zip(&batch.columns()[1..]) {
                    amounts.extend(text_of(array, row)?.map(|amount| ((*name).to_owned(), amount)));
                }
                sums.push(Sum { by: by.to_owned(), of: text_of(batch.column(0), row)?, amounts });
            }
        }
    }
    Ok(sums)
}

/// The columns that rows are shown in the order of.
fn order(model: &Model) -> Vec<&str> {
    match &model.header.grain {
        Grain::Columns(names) => names.iter().map(String::as_str).collect(),
        Grain::RowsOf(_) | Grain::None => model.header.columns.iter().map(|column| column.name.as_str()).collect(),
    }
}

/// Ids, what rows are unique by, what was asked for, and when and in what currency they are.
fn is_asked(column: &HeaderColumn, model: &Model, key: &[&str]) -> bool {
    let name = column.name.as_str();
    let is_of_grain = matches!(&model.header.grain, Grain::Columns(names) if names.iter().any(|grain| grain == name));
    match column.kind {
        SqlType::Decimal | SqlType::Boolean => false,
        SqlType::Date | SqlType::Timestamp => true,
        SqlType::Text | SqlType::Integer => {
            name.ends_with("_id") || name == "currency" || is_of_grain || key.contains(&name)
        }
    }
}

impl Values {
    fn take(&mut self, name: &str, array: &ArrayRef) -> Result<()> {
        let distinct = self.0.entry(name.to_owned()).or_default();
        if distinct.is_open {
            return Ok(());
        }
        for row in 0..array.len() {
            if array.is_null(row) {
                distinct.has_null = true;
                continue;
            }
            let unread = |error| Error::failed(format!("the values of {name} cannot be read: {error}"));
            distinct.values.insert(ScalarValue::try_from_array(array, row).map_err(unread)?);
            if distinct.values.len() > NAMED_VALUES {
                distinct.is_open = true;
                return Ok(());
            }
        }
        Ok(())
    }

    /// What is true of all these rows and can be asked of what they are made from.
    pub fn condition(&self) -> Option<Expr> {
        conjunction(self.0.iter().filter(|(_, distinct)| !distinct.is_open).map(|(name, distinct)| {
            let named = distinct.named(name);
            if distinct.has_null { column(name).is_null().or(named) } else { named }
        }))
    }

    /// That a column has one of these values, where every row has one.
    pub fn named(&self, name: &str) -> Option<Expr> {
        let is_told = |distinct: &&Distinct| !distinct.is_open && !distinct.has_null && !distinct.values.is_empty();
        self.0.get(name).filter(is_told).map(|distinct| distinct.named(name))
    }

    /// Adds what others do not know yet: for each column whose every row has a value, that it has one of these.
    pub fn tell(&self, known: &mut BTreeMap<String, Expr>) {
        for name in self.0.keys().filter(|name| !known.contains_key(*name)).cloned().collect::<Vec<_>>() {
            known.extend(self.named(&name).map(|named| (name, named)));
        }
    }
}

impl Distinct {
    fn named(&self, name: &str) -> Expr {
        column(name).in_list(self.values.iter().cloned().map(lit).collect(), false)
    }
}

/// Whether a row is one of these and nothing beside.
pub fn is_unique_by(model: &Model, id: &str) -> bool {
    matches!(&model.header.grain, Grain::Columns(names) if *names == [id])
}

/// Whether rows are parts of what has this id: they name it, are not it, and are no picture of it at some time.
pub fn is_part(model: &Model, id: &str) -> bool {
    let Grain::Columns(grain) = &model.header.grain else { return false };
    let is_time = |column: &HeaderColumn| matches!(column.kind, SqlType::Date | SqlType::Timestamp);
    let is_of_time = model.header.columns.iter().any(|column| grain.contains(&column.name) && is_time(column));
    model.header.columns.iter().any(|column| column.name == id) && !is_unique_by(model, id) && !is_of_time
}

/// That a column has one of the values that stand in columns of other models; nothing where there are too many.
///
/// # Errors
/// Failed or damaged (exit 5) when they cannot be read.
pub async fn among(engine: &Engine, key: &JoinKey) -> Result<Option<Expr>> {
    let mut values = Values::default();
    for place in &key.values {
        let failed = |error: DataFusionError| engine.query_failed(&place.table, &error);
        let rows = engine.context.table(place.table.as_str()).await.map_err(failed)?;
        let rows = rows.filter(place.condition.clone()).and_then(|rows| rows.select(vec![column(&place.column)]));
        let mut batches = rows.and_then(DataFrame::distinct).map_err(failed)?.execute_stream().await.map_err(failed)?;
        while let Some(batch) = batches.next().await {
            values.take(&key.column, batch.map_err(failed)?.column(0))?;
        }
    }
    // Without a value, or with null alone, no row is joined.
    let named = values.0.get(&key.column).map_or_else(
        || Some(lit(false)),
        |distinct| {
            let named = || if distinct.values.is_empty() { lit(false) } else { distinct.named(&key.column) };
            (!distinct.is_open).then(named)
        },
    );
    Ok(named)
}

/// What a model's rows have to be by the columns that are known already, where one of these can tell rows apart.
pub fn shared(model: &Model, known: &BTreeMap<String, Expr>) -> Option<Expr> {
    let columns = model.header.columns.iter();
    let in_common: Vec<_> = columns.filter(|column| known.contains_key(&column.name)).collect();
    if !in_common.iter().any(|column| is_telling(&column.name) && column.name.ends_with("_id")) {
        return None;
    }
    let is_used = |column: &&HeaderColumn| {
        column.name.ends_with("_id") || column.name == "currency" || column.kind == SqlType::Date
    };
    conjunction(in_common.into_iter().filter(is_used).filter_map(|column| known.get(&column.name).cloned()))
}
