//! Settings as tables, schema `settings`: what `pipeline.toml` says that SQL has to know, described like all other tables.

use super::runs::RunTable;
use super::{Column, Kind};

/// The accounts that journal entries are posted to.
pub const ACCOUNTS: RunTable = RunTable {
    name: "settings.accounts",
    doc: "Accounts that journal entries are posted to, one row each: `[accounts]`, or the defaults.",
    columns: &[
        Column::new("account_key", Kind::Id, "What the account is for; the key in `[accounts]`."),
        Column::new("owner", Kind::Text, "`product` or `customer` where it is for the lines of one; else null."),
        Column::new("owner_name", Kind::Text, "The name or id of that product or customer."),
        Column::new("account_name", Kind::Text, "How it is called in the books."),
        Column::new("account_type", Kind::Text, "`asset`, `liability`, `revenue`, `contra_revenue` or `expense`."),
    ],
};

/// The kinds of reconciliation exceptions.
pub const CODES: RunTable = RunTable {
    name: "settings.codes",
    doc: "Kinds of reconciliation exceptions, one row each, with what `[checks]` or else the model says that they do.",
    columns: &[
        Column::new("code", Kind::Id, "The code."),
        Column::new("severity", Kind::Text, "`block` or `warn`."),
        Column::new("doc", Kind::Text, "What is wrong."),
    ],
};

/// What metrics count whose definition does not say it.
pub const METRICS: RunTable = RunTable {
    name: "settings.metrics",
    doc: "What metrics count that do not say it themselves, one row for each template of names in `[metrics]`.",
    columns: &[
        Column::new("name_template", Kind::Id, "The template: a metric's name, with event properties in braces."),
        Column::new("name_pattern", Kind::Text, "The same as a regular expression, a group for each property."),
        Column::new("property_names", Kind::Json, "The properties in the order of the groups, a JSON array."),
        Column::new("event_type", Kind::Text, "The type of the events that count."),
        Column::new("aggregate", Kind::Text, "`count`, `sum`, `max`, `latest` or `unique`."),
        Column::new("aggregate_key", Kind::Text, "The property that is aggregated; null for a count."),
    ],
};

/// What other systems call customers and contracts.
pub const DIMENSIONS: RunTable = RunTable {
    name: "settings.dimensions",
    doc: "Columns that reports have of what other systems call customers and contracts, one row each: `[dimensions]`.",
    columns: &[
        Column::new("dimension_name", Kind::Id, "The column."),
        Column::new("dimension_path", Kind::Text, "Where its text stands, as `[dimensions]` says."),
        Column::new("owner", Kind::Text, "`customer` or `contract`."),
        Column::new("field", Kind::Text, "The field of the customer or contract."),
        Column::new("member", Kind::Text, "The member of the field's object; null where the field is the text itself."),
    ],
};

/// All of them.
pub const SETTING_TABLES: &[&RunTable] = &[&ACCOUNTS, &CODES, &METRICS, &DIMENSIONS];
