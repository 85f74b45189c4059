//! What differs between two states of one report, row by row: figures, words, and rows that came or went.
//!
//! First the rows that differ in anything are found and written down, so that what is asked of them after that is asked of few.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{BY_KEY, BY_KEY_AND_PLACE, is_of_all, json_of, movements, of_either, row_key, side, sides};
use crate::engine::Engine;
use crate::error::Result;
use crate::make::{row_schema, write_sql};
use crate::model::{Grain, HeaderColumn, Model, SqlType};

/// The columns of [`movements`], and of what `kind` they are: `figure`, or `figure_by_row` where a header says that nobody
/// may add it up; `text`, with `old_text` and `new_text` of the column that is the `figure`; `rows_new` and `rows_gone`.
pub fn changes() -> SchemaRef {
    let own = [
        ("kind", DataType::Utf8),
        ("old_text", DataType::Utf8),
        ("new_text", DataType::Utf8),
        ("is_paired", DataType::Boolean),
    ];
    let own = own.map(|(name, kind)| Arc::new(Field::new(name, kind, true)));
    Arc::new(Schema::new(movements().fields().iter().cloned().chain(own).collect::<Vec<_>>()))
}

/// Finds what differs between the tables `old` and `new` of a report and makes it readable under `name`, in the columns of
/// [`changes`]; says how much there is. None where the report has no key by which rows are known. Files are made in a folder
/// that the caller removes.
///
/// # Errors
/// Failed when a query fails.
pub async fn find(
    model: &Model,
    [old, new]: [&str; 2],
    name: &str,
    engine: &Engine,
    folder: &Path,
) -> Result<Option<u64>> {
    let Some(key) = row_key(model) else { return Ok(None) };
    let content = json_of(model.header.columns.iter().map(|column| column.name.as_str()));
    let keys = format!("keys_{name}");
    let rows = |table: &str| format!("select {key} as row_key, md5({content}) as content from {table}");
    let differ = format!(
        "select row_key from ({} union all {}) group by row_key having count(*) = 1 or min(content) <> max(content)",
        rows(old),
        rows(new)
    );
    make(&keys, &differ, &super::fields(&[("row_key", DataType::Utf8)]), engine, folder).await?;
    let tables = [old, new].map(|table| (table, format!("changed_{table}")));
    for (table, changed) in &tables {
        let of_keys = format!("select * from {table} where {key} in (select row_key from {keys})");
        make(changed, &of_keys, &row_schema(model), engine, folder).await?;
    }
    let [(_, old), (_, new)] = &tables;
    let schema = changes();
    let columns = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
    let parts = figures(model, old, new).into_iter().chain(texts(model, old, new)).chain(rows_of_one(model, old, new));
    let parts: Vec<_> = parts.map(|part| format!("select {columns} from ({part})")).collect();
    make(name, &parts.join(" union all "), &schema, engine, folder).await.map(Some)
}

/// Writes the rows of a query to a file, makes it readable under this name, and says how many they are.
async fn make(name: &str, sql: &str, schema: &SchemaRef, engine: &Engine, folder: &Path) -> Result<u64> {
    let file = write_sql(engine, sql, folder, name.to_owned(), schema).await?;
    engine.register_file(name, &folder.join(&file.path), schema)?;
    Ok(file.rows)
}

/// Figures that moved, also from one customer, month or currency to another. What is 0 in a row of one state alone did not; what
/// was not known and is 0 did.
fn figures(model: &Model, old: &str, new: &str) -> Vec<String> {
    let apart = model.header.apart.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>();
    let kind = match apart.as_slice() {
        [] => "'figure'".to_owned(),
        some => format!("case when figure in ({}) then 'figure_by_row' else 'figure' end", some.join(", ")),
    };
    let moved = |part: String| {
        format!(
            "select *, {kind} as kind, cast(null as varchar) as old_text, cast(null as varchar) as new_text from ({part}) \
             where (old_amount is distinct from new_amount) and (is_paired or coalesce(old_amount, new_amount) <> 0)"
        )
    };
    sides(model, old, new, "true", BY_KEY_AND_PLACE).into_iter().map(moved).collect()
}

/// Words of rows of both states that are others.
fn texts(model: &Model, old: &str, new: &str) -> Vec<String> {
    let changed = |column: &HeaderColumn| {
        let name = &column.name;
        let told = format!("cast({name} as varchar) as told");
        Some(format!(
            "select {place}, 'text' as kind, '{name}' as figure, old_side.told as old_text, new_side.told as new_text, \
                true as is_paired \
            from {old} as old_side inner join {new} as new_side on {BY_KEY} \
            where (old_side.told is distinct from new_side.told)",
            place = place(model),
            old = side(model, old, &told, "true")?,
            new = side(model, new, &told, "true")?,
        ))
    };
    words(model).filter_map(changed).collect()
}

/// Rows that one of the states has alone.
fn rows_of_one(model: &Model, old: &str, new: &str) -> Option<String> {
    let told = "true as told";
    Some(format!(
        "select {place}, case when old_side.row_key is null then 'rows_new' else 'rows_gone' end as kind, \
            cast(null as varchar) as figure, cast(null as varchar) as old_text, cast(null as varchar) as new_text, \
            false as is_paired \
        from {old} as old_side full join {new} as new_side on {BY_KEY} \
        where old_side.row_key is null or new_side.row_key is null",
        place = place(model),
        old = side(model, old, told, "true")?,
        new = side(model, new, told, "true")?,
    ))
}

/// What a row is of, where it is not about an amount.
fn place(model: &Model) -> String {
    format!(
        "'{}' as report, {}, cast(null as varchar) as currency, {} as is_of_all, \
         cast(null as decimal(38, 18)) as old_amount, cast(null as decimal(38, 18)) as new_amount",
        model.name,
        of_either(),
        is_of_all(model)
    )
}

/// The columns that say in words what a row is: what its key does not say already, and no figure, day or count.
fn words(model: &Model) -> impl Iterator<Item = &HeaderColumn> {
    let key = match &model.header.grain {
        Grain::Columns(names) => names.as_slice(),
        Grain::RowsOf(_) | Grain::None => &[],
    };
    let is_word = |kind: SqlType| matches!(kind, SqlType::Text | SqlType::Boolean);
    model.header.columns.iter().filter(move |column| is_word(column.kind) && !key.contains(&column.name))
}
