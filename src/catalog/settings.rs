//! Settings as tables, schema `settings`: what `pipeline.toml` says that SQL has to know, described like all other tables.

use super::runs::RunTable;
use super::{Column, Kind};

/// The accounts that journal entries are posted to.
pub const ACCOUNTS: RunTable = RunTable {
    name: "settings.accounts",
    doc: "Accounts that journal entries are posted to, one row each: `[accounts]`, or the defaults.",
    columns: &[
        Column::new("account_key", Kind::Id, "What the account is for; the key in `[accounts]`."),
        Column::new("account_name", Kind::Text, "How it is called in the books."),
        Column::new("account_type", Kind::Text, "`asset`, `liability`, `revenue` or `contra_revenue`."),
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

/// All of them.
pub const SETTING_TABLES: &[&RunTable] = &[&ACCOUNTS, &CODES, &METRICS];
