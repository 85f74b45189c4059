//! The page `docs/reports.md`: every report's columns, and every exception's code, as their SQL files say.

use std::fmt::Write as _;

use super::{Grain, Layer, Model, Models, ParameterKind, SqlType};

const HEAD: &str = "# The reports

Made from the headers of `sql/marts` and `sql/intermediate`; a test holds this page equal to them. Amounts are in units of the
currency beside them; `units of …` counts units of a product. A column marked `?` can be empty, which is not known or does not
apply, and never 0. Months are named by their first day. Of a report with a period, rows of closed months stay as closed. Columns
of `[dimensions]` stand behind the others, in every report with `customer_id` or `contract_id`.
";

/// The page.
pub fn markdown(models: &Models) -> String {
    let mut page = HEAD.to_owned();
    for model in models.iter().filter(|model| model.layer == Layer::Marts) {
        report(model, models, &mut page);
    }
    page.push_str("\n## Codes of `reconciliation_exceptions`\n\n");
    page.push_str("What one does is set by `[checks]` in `pipeline.toml`, by its code.\n\n| code | does | what is wrong |\n|---|---|---|\n");
    for (name, code) in models.codes() {
        // Writing to memory does not fail.
        let _ = writeln!(page, "| `{name}` | {} | {} |", code.severity.word(), code.doc);
    }
    page
}

fn report(model: &Model, models: &Models, page: &mut String) {
    let header = &model.header;
    let _ = write!(page, "\n## {}\n\n{}\n\n", model.name, header.title);
    let grain = match &header.grain {
        Grain::Columns(columns) => columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", "),
        Grain::RowsOf(other) => format!("a row of `{other}`"),
        Grain::None => "none".to_owned(),
    };
    let _ = write!(page, "One row: {grain}.");
    if let Some(period) = &header.period {
        let _ = write!(page, " Period: `{period}`.");
    }
    let closure = models.closure([model.name.as_str()]).unwrap_or_default();
    let mut parameters: Vec<_> = closure.iter().flat_map(|model| &model.header.parameters).collect();
    parameters.sort_by(|left, right| left.name.cmp(&right.name));
    parameters.dedup_by(|left, right| left.name == right.name);
    let parameters: Vec<_> = parameters
        .into_iter()
        .map(|given| {
            let default = given.default.as_ref().map_or(String::new(), |value| format!(" (`{value}` by default)"));
            match &given.kind {
                ParameterKind::OneOf(words) => format!("`{}` {}{default}", given.name, words.join(" or ")),
                _ => format!("`{}`{default}", given.name),
            }
        })
        .collect();
    if !parameters.is_empty() {
        let _ = write!(page, " Parameters: {}.", parameters.join(", "));
    }
    page.push_str("\n\n| column | type | what |\n|---|---|---|\n");
    for column in &header.columns {
        let kind = match column.kind {
            SqlType::Text => "text",
            SqlType::Integer => "integer",
            SqlType::Boolean => "boolean",
            SqlType::Date => "day",
            SqlType::Timestamp => "instant",
            SqlType::Decimal => "decimal",
        };
        let mark = if column.nullable { "?" } else { "" };
        let unit = column.unit.as_ref().map_or(String::new(), |unit| format!(", {unit}"));
        let _ = writeln!(page, "| `{}` | {kind}{unit}{mark} | {} |", column.name, column.doc.replace('|', "\\|"));
    }
    if !header.checks.is_empty() {
        let checks: Vec<_> = header.checks.iter().map(|check| format!("`{check}`")).collect();
        let _ = write!(page, "\nOn every row: {}.\n", checks.join("; "));
    }
}
