//! The catalog as a page for people: what `docs/tables.md` says.
//!
//! Made from [`Table`] values alone, so that the page cannot say anything the pipeline does not do.

use super::endpoint::{Endpoint, Method};
use super::{ANSWER_COLUMNS, Class, Kind, Origin, Partition, SYSTEM_COLUMNS, Table, Unit};

/// One Markdown document: how to read it, a list of `tables` for each schema, then each table with its columns.
///
/// The columns the lake adds ([`SYSTEM_COLUMNS`], [`ANSWER_COLUMNS`]) stand once, in front. Lines end in `\n`, also the
/// last.
pub fn markdown(tables: &[&'static Table]) -> String {
    let mut page = String::from(HEAD);
    page.push_str(&legend());
    page.push_str("\n## Columns of every table\n\nThe lake adds these behind the vendor's columns.\n\n");
    page.push_str(&columns(SYSTEM_COLUMNS.iter()));
    page.push_str("\nBehind those, the tables of schema `api` have:\n\n");
    page.push_str(&columns(ANSWER_COLUMNS.iter()));
    for (schema, meaning) in SCHEMAS {
        let of_schema: Vec<_> = tables.iter().filter(|table| table.origin.schema() == *schema).collect();
        if of_schema.is_empty() {
            continue;
        }
        page.push_str(&format!("\n## Schema `{schema}`\n\n{meaning}\n\n"));
        page.push_str("| table | delivered as | one row is |\n|---|---|---|\n");
        for table in of_schema {
            let name = table.qualified_name();
            page.push_str(&row(&[&format!("[{name}](#{})", anchor(&name)), class_name(table.class), table.doc]));
        }
    }
    for table in tables {
        page.push_str(&section(table));
    }
    page
}

const HEAD: &str = "\
# Tables

Written from `src/catalog/`; a test holds the two equal. The columns are the vendor's, in the vendor's words. A column that
a file or an answer does not have is null in the lake; one that is not listed here is kept in `_extra`.

- **Key**: what identifies a row. Of rows with equal keys the lake keeps the newest, told by the columns named there.
- **Incremental**: only changed rows are delivered; the newest row of each key is current.
- **Snapshot**: everything is delivered again each time; current is the newest complete snapshot, per environment. Never add rows
  of two snapshots.
- **Whole**: everything is read each time; rows that a complete read does not show are gone.
- **Days**: days that can still change are read again; rows that a read of a day does not show are gone.
- **While shown**: as incremental, but rows of the value named there are gone once a read does not show them.
- **Nested**: an array in the rows of another table. Its rows come and go with the row that they are in, all at once.
- Starts are inclusive and ends exclusive unless a column says otherwise. All times are UTC.

";

/// The schemas and where their rows come from.
const SCHEMAS: &[(&str, &str)] = &[
    ("egress", "Files of Metronome's data export."),
    ("books", "Figures of finance's own books: files in `landing/books`."),
    ("api", "Rows of answers of Metronome's API."),
    ("raw", "Answers of Metronome's API as they were received."),
];

fn legend() -> String {
    let mut text = String::from("| type | meaning |\n|---|---|\n");
    for kind in [
        Kind::Id,
        Kind::SentId,
        Kind::Text,
        Kind::Json,
        Kind::Object,
        Kind::Timestamp,
        Kind::Decimal,
        Kind::Integer,
        Kind::Boolean,
    ] {
        text.push_str(&row(&[kind_name(kind), kind_meaning(kind)]));
    }
    text.push_str("\n| unit | what the numbers count |\n|---|---|\n");
    for unit in [Unit::CreditType, Unit::Currency, Unit::Quantity, Unit::Fraction, Unit::Days] {
        text.push_str(&row(&[unit_name(unit), unit_meaning(unit)]));
    }
    text
}

fn section(table: &'static Table) -> String {
    let environment = if table.has_environment() { &["environment_type"][..] } else { &[] };
    let key: Vec<&str> = environment.iter().chain(table.key).copied().collect();
    let delivered = match table.class {
        Class::Incremental => "incremental".to_owned(),
        Class::Snapshot { column } => format!("snapshot, told apart by `{column}`"),
        Class::Whole => "whole: what the newest read shows".to_owned(),
        Class::Days { column } => format!("days, read again by `{column}`"),
        Class::WhileShown { column, value } => format!("while shown: those with {value} in `{column}`"),
    };
    let files = match table.partition {
        Partition::Flat => "one folder".to_owned(),
        Partition::Month(column) => format!("one folder per UTC month of `{column}`"),
        Partition::TextAndDay(text, day) => format!("one folder per `{text}` and UTC day of `{day}`"),
    };
    format!(
        "\n## {}\n\n{}\n\n{}- Key: {}; newest by {}\n- Delivered as: {delivered}\n- Files: {files}\n\n{}",
        table.qualified_name(),
        table.doc,
        source(table),
        listed(&key),
        listed(table.newest_by),
        columns(table.columns.iter()),
    )
}

/// A line that says where the rows of a table of the API come from; nothing for others.
fn source(table: &Table) -> String {
    match table.origin {
        Origin::Egress | Origin::Books | Origin::Answers => String::new(),
        Origin::Nested { of, rows } => {
            format!("- Rows: the entries of `{rows}` in the rows of `{}`\n", of.qualified_name())
        }
        Origin::Api(endpoint) => format!("- Rows: {}\n", request(endpoint)),
    }
}

/// `` `GET /v1/customers/{customer_id}/invoices`, asked for the rows of `api.customers` ``
fn request(endpoint: &Endpoint) -> String {
    let method = match endpoint.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let asked = endpoint.per.first().map(|per| format!(", asked for the rows of `api.{}`", per.endpoint));
    format!("`{method} {}`{}", endpoint.path, asked.unwrap_or_default())
}

fn columns<'a>(columns: impl Iterator<Item = &'a super::Column>) -> String {
    let mut text = String::from("| column | type | unit | what it holds |\n|---|---|---|---|\n");
    for column in columns {
        let name = format!("`{}`", column.name);
        text.push_str(&row(&[&name, kind_name(column.kind), unit_name(column.unit), column.doc]));
    }
    text
}

/// `| a | b |`, a bar within a cell escaped.
fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// `` `a`, `b` ``
fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The anchor that Markdown viewers give a heading of this text: they drop the dot of a qualified name.
fn anchor(heading: &str) -> String {
    heading.chars().filter(|character| *character != '.').collect()
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Incremental => "incremental",
        Class::WhileShown { .. } => "while shown",
        Class::Snapshot { .. } => "snapshot",
        Class::Whole => "whole",
        Class::Days { .. } => "days",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "id",
        Kind::SentId => "sent id",
        Kind::Text => "text",
        Kind::Json => "json",
        Kind::Object => "object",
        Kind::Timestamp => "timestamp",
        Kind::Decimal => "decimal",
        Kind::Integer => "integer",
        Kind::Boolean => "boolean",
    }
}

fn kind_meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "Opaque identifier: text, never empty; null where there is none. A UUID is in small letters.",
        Kind::SentId => "Identifier that the sender of an event chose: text as it was sent, never empty.",
        Kind::Text => "Text, never empty; null where there is none.",
        Kind::Json => "JSON document, as its text.",
        Kind::Object => "JSON object, as its text.",
        Kind::Timestamp => "Instant in UTC; cut to the microsecond it is in.",
        Kind::Decimal => "decimal(38, 18): exact, 18 digits behind the point; the text of a double is rounded there.",
        Kind::Integer => "64-bit integer.",
        Kind::Boolean => "True or false.",
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "",
        Unit::CreditType => "credit type",
        Unit::Currency => "currency",
        Unit::Quantity => "quantity",
        Unit::Fraction => "fraction",
        Unit::Days => "days",
    }
}

fn unit_meaning(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "Nothing, or no number at all.",
        Unit::CreditType => "The amount's credit type: cents for USD, whole units of other currencies, custom units.",
        Unit::Currency => "Whole units of the currency beside it: dollars and never cents.",
        Unit::Quantity => "Units of the product or metric billed.",
        Unit::Fraction => "A ratio: 1 is all of it.",
        Unit::Days => "Days.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Column;

    const TABLE: Table = Table {
        name: "invoice",
        doc: "An invoice.",
        origin: Origin::Egress,
        key: &["id"],
        newest_by: &["updated_at"],
        class: Class::Snapshot { column: "day" },
        partition: Partition::Month("day"),
        columns: &[
            Column::new("id", Kind::Id, "This | that."),
            Column::new("environment_type", Kind::Text, "Which."),
            Column::new("total", Kind::Decimal, "All.").unit(Unit::CreditType),
        ],
    };

    #[test]
    fn a_table_is_listed_and_linked_to_its_section() {
        let page = markdown(&[&TABLE]);
        assert!(page.contains("| [egress.invoice](#egressinvoice) | snapshot | An invoice. |\n"), "{page}");
        assert!(page.contains("\n## egress.invoice\n"), "{page}");
    }

    #[test]
    fn the_key_names_the_environment_where_the_table_has_one() {
        let page = markdown(&[&TABLE]);
        assert!(page.contains("- Key: `environment_type`, `id`; newest by `updated_at`\n"), "{page}");
    }

    #[test]
    fn a_column_shows_its_type_its_unit_and_its_text_with_bars_escaped() {
        let page = markdown(&[&TABLE]);
        assert!(page.contains("| `total` | decimal | credit type | All. |\n"), "{page}");
        assert!(page.contains("| `id` | id |  | This \\| that. |\n"), "{page}");
    }

    const LISTED: Table = Table {
        name: "invoices",
        origin: Origin::Api(&Endpoint {
            name: "invoices",
            method: Method::Post,
            path: "/v1/{customer_id}",
            per: crate::catalog::endpoint::PER_CUSTOMER,
            ..Endpoint::NEW
        }),
        ..TABLE
    };

    const NESTED: Table = Table { name: "lines", origin: Origin::Nested { of: &LISTED, rows: "line_items" }, ..TABLE };

    #[test]
    fn tables_are_listed_by_schema_and_schemas_without_tables_are_not() {
        let page = markdown(&[&TABLE, &LISTED]);
        let (egress, api) = (page.find("\n## Schema `egress`\n"), page.find("\n## Schema `api`\n"));
        assert!(egress.is_some() && egress < api, "{page}");
        assert!(!page.contains("Schema `raw`"), "{page}");
    }

    #[test]
    fn tables_of_the_api_say_where_their_rows_come_from() {
        let page = markdown(&[&TABLE, &LISTED, &NESTED]);
        assert!(page.contains("- Rows: `POST /v1/{customer_id}`, asked for the rows of `api.customers`\n"), "{page}");
        assert!(page.contains("- Rows: the entries of `line_items` in the rows of `api.invoices`\n"), "{page}");
        assert_eq!(page.matches("- Rows: ").count(), 2, "{page}");
    }

    #[test]
    fn the_columns_of_the_lake_stand_once() {
        let page = markdown(&[&TABLE, &TABLE]);
        assert_eq!(page.matches("`_source_file`").count(), 1);
    }
}
