//! Two states of the reports, figure by figure, and what changed in the data between them.
//!
//! Figures are the money and quantity columns that headers declare; a row is known by its grain. Differences are made in
//! SQL that is written from the headers, so a report that is added later needs nothing here. What changed is told from the
//! unified models at the versions of either state: which invoices, ledger entries and events came, went or moved.

pub mod changed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::engine::Engine;
use crate::error::Result;
use crate::make::{make_aside, row_schema, write_model, write_sql};
use crate::model::{Grain, HeaderColumn, Model};
use crate::place::lake::Lake;
use crate::task::Task;

/// What the causes of movements are told from.
const WITNESSES: [&str; 9] = [
    "int_customers_unified",
    "int_invoices_unified",
    "int_line_items_unified",
    "int_balance_ledger_unified",
    "int_lapses_spread",
    "int_agreements_unified",
    "int_customer_references",
    "stg_egress__events",
    "stg_egress__draft_invoice_snapshots",
];

/// Finds what changed: a row for each customer and month, and one for each month of them all, from `before_NAME` and
/// `after_NAME` of the witnesses.
const CAUSES: &str = include_str!("compare/causes.sql");

/// Whose a contract or a commit is.
const OWNERS: &str = "select owned_id, min(customer_id) as customer_id from ( \
        select agreement_id as owned_id, customer_id from after_int_agreements_unified where agreement_type = 'contract' \
        union all select balance_id as owned_id, customer_id from after_int_balance_ledger_unified \
    ) group by owned_id";

/// What says whose a row is where it names no customer, the first that it has.
const OWNED: [&str; 3] = ["contract_id", "balance_id", "commit_id"];

/// The columns of a model that are figures: money and quantities.
pub fn figures(model: &Model) -> impl Iterator<Item = &HeaderColumn> {
    let is_figure = |unit: &str| unit == "currency" || unit == "quantity";
    model.header.columns.iter().filter(move |column| column.unit.as_deref().is_some_and(is_figure))
}

/// SQL for the grain of a row as a JSON object of texts.
pub fn row_key(model: &Model) -> Option<String> {
    let Grain::Columns(columns) = &model.header.grain else { return None };
    Some(json_of(columns.iter().map(String::as_str)))
}

/// SQL for columns of a row as a JSON object of texts.
fn json_of<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    let member = |column: &str| {
        let text = format!("replace(replace(cast({column} as varchar), '\\', '\\\\'), '\"', '\\\"')");
        format!("'\"{column}\":' || coalesce('\"' || {text} || '\"', 'null')")
    };
    format!("'{{' || {} || '}}'", columns.map(member).collect::<Vec<_>>().join(" || ',' || "))
}

/// Rows of two states are one where their key is.
pub const BY_KEY: &str = "old_side.row_key = new_side.row_key";

/// Rows of two states are one where their key is and they are of the same customer, month and currency: a row that went from
/// one to another is gone from that and came to this.
const BY_KEY_AND_PLACE: &str = "old_side.row_key = new_side.row_key \
    and (coalesce(old_side.customer_id, old_side.owned_id) is not distinct from \
        coalesce(new_side.customer_id, new_side.owned_id)) \
    and (old_side.period is not distinct from new_side.period) \
    and (old_side.currency is not distinct from new_side.currency)";

/// SELECTs, one a figure, of every row of either state: the columns of [`movements`], and `is_paired`, which says that the row
/// is in both. None for a report without figures or without a key.
///
/// `old` and `new` are the tables of the two states, `filter` a condition on their columns, `on` what makes two rows one.
pub fn sides(model: &Model, old: &str, new: &str, filter: &str, on: &str) -> Vec<String> {
    let select = |figure: &HeaderColumn| {
        let name = &figure.name;
        let currency = match figure.unit.as_deref() {
            Some("currency") => text_or_null(model, "currency"),
            _ => "'units'".to_owned(),
        };
        let told = format!("{currency} as currency, {name} as amount");
        Some(format!(
            "select '{report}' as report, {places}, coalesce(new_side.currency, old_side.currency) as currency, \
                {is_of_all} as is_of_all, '{name}' as figure, \
                old_side.amount as old_amount, new_side.amount as new_amount, \
                (old_side.row_key is not null and new_side.row_key is not null) as is_paired \
            from {old} as old_side full join {new} as new_side on {on}",
            report = model.name,
            places = of_either(),
            is_of_all = is_of_all(model),
            old = side(model, old, &told, filter)?,
            new = side(model, new, &told, filter)?,
        ))
    };
    figures(model).filter_map(select).collect()
}

/// What a row is of, and nothing else of it: a report may have columns of any name.
const PLACES: [&str; 4] = ["row_key", "customer_id", "owned_id", "period"];

/// The [`PLACES`] of a row in one state or the other, those of the new one first.
fn of_either() -> String {
    PLACES.map(|column| format!("coalesce(new_side.{column}, old_side.{column}) as {column}")).join(", ")
}

/// The rows of one state with their [`PLACES`] and what is `told` of them. None for a report without a key.
fn side(model: &Model, table: &str, told: &str, filter: &str) -> Option<String> {
    let owned: Vec<_> = OWNED.into_iter().filter(|name| has(model, name)).collect();
    let owned = match owned.as_slice() {
        [] => text_or_null(model, "contract_id"),
        some => format!("coalesce({})", some.join(", ")),
    };
    Some(format!(
        "(select {key} as row_key, {customer} as customer_id, {owned} as owned_id, {period} as period, {told} \
         from {table} where {filter})",
        key = row_key(model)?,
        customer = text_or_null(model, "customer_id"),
        period = model.header.period.as_deref().unwrap_or("cast(null as date)"),
    ))
}

/// Whether a report names neither customers nor what is theirs.
fn is_of_all(model: &Model) -> bool {
    !has(model, "customer_id") && !OWNED.iter().any(|name| has(model, name))
}

fn has(model: &Model, name: &str) -> bool {
    model.header.columns.iter().any(|column| column.name == name)
}

fn text_or_null(model: &Model, name: &str) -> String {
    if has(model, name) { name.to_owned() } else { "cast(null as varchar)".to_owned() }
}

/// Finds what changed between two sets of versions and makes it readable: `causes` (`customer_id`, `is_of_all`, `month`,
/// `cause`) and `owners` (`owned_id`, `customer_id`). Files are made in a folder that the caller removes.
///
/// # Errors
/// As making models: failed, or damaged (exit 5).
pub async fn find_causes(
    target: &mut Engine,
    between: [&BTreeMap<String, u64>; 2],
    task: &Task<'_>,
    lake: &Lake,
    folder: &Path,
) -> Result<()> {
    for (side, versions) in ["before", "after"].into_iter().zip(between) {
        let folder = folder.join(side);
        let mut engine = task.engine(lake, versions.clone(), target.environment().map(str::to_owned))?;
        for model in task.models.closure(WITNESSES)? {
            if WITNESSES.contains(&model.name.as_str()) {
                engine.provide(&model.reads).await?;
                let file = write_model(model, task.parameters, &engine, &folder, model.name.clone()).await?;
                let (file, schema) = (folder.join(&file.path), row_schema(model));
                engine.register_file(&model.name, &file, &schema)?;
                target.register_file(&format!("{side}_{}", model.name), &file, &schema)?;
            } else {
                make_aside(&[model], task.parameters, &mut engine, &folder).await?;
            }
        }
    }
    for (name, sql, schema) in [("causes", CAUSES, causes()), ("owners", OWNERS, owners())] {
        let file = write_sql(target, sql, folder, name.to_owned(), &schema).await?;
        target.register_file(name, &folder.join(&file.path), &schema)?;
    }
    Ok(())
}

/// Where nothing moved, nothing caused it.
///
/// # Errors
/// Failed when the engine refuses.
pub fn no_causes(target: &Engine) -> Result<()> {
    target.register_empty("causes", &causes())?;
    target.register_empty("owners", &owners())
}

fn causes() -> SchemaRef {
    fields(&[
        ("customer_id", DataType::Utf8),
        ("is_of_all", DataType::Boolean),
        ("month", DataType::Date32),
        ("cause", DataType::Utf8),
    ])
}

fn owners() -> SchemaRef {
    fields(&[("owned_id", DataType::Utf8), ("customer_id", DataType::Utf8)])
}

/// A figure in two states: report, row, column, what the row is of, both amounts. `owned_id` is the contract or commit of it;
/// `is_of_all` says that the report names neither those nor customers.
pub fn movements() -> SchemaRef {
    fields(&[
        ("report", DataType::Utf8),
        ("row_key", DataType::Utf8),
        ("customer_id", DataType::Utf8),
        ("owned_id", DataType::Utf8),
        ("currency", DataType::Utf8),
        ("period", DataType::Date32),
        ("is_of_all", DataType::Boolean),
        ("figure", DataType::Utf8),
        ("old_amount", DataType::Decimal128(38, 18)),
        ("new_amount", DataType::Decimal128(38, 18)),
    ])
}

/// A schema of columns that may be null.
pub fn fields(columns: &[(&str, DataType)]) -> SchemaRef {
    let fields = columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Opens a report as it was at a version, under this name, and says which columns it had; none where there was no such report.
///
/// # Errors
/// Damaged (exit 5) when its files cannot be found.
pub async fn open(
    engine: &mut Engine,
    lake: &Lake,
    model: &Model,
    version: Option<u64>,
    name: &str,
) -> Result<Option<BTreeSet<String>>> {
    let Some(version) = version else { return Ok(None) };
    let Some(state) = lake.table(&crate::task::mart_table(&model.name), Some(version)).await? else {
        return Ok(None);
    };
    state.verify_bytes()?;
    let columns = state.columns.clone();
    engine.register_files(name, state, &row_schema(model))?;
    Ok(Some(columns))
}
