//! Pricing model before contracts: no longer in the vendor's reference, perhaps still exported.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "plan",
    doc: "A plan of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Plan id."),
        Column::new("name", Kind::Text, "Name of the plan."),
        column::DESCRIPTION,
        Column::new("billing_frequency", Kind::Text, "How often it is billed, e.g. MONTHLY."),
        Column::new("starting_on", Kind::Text, "When it starts; empty in every file seen, so kept as text."),
        column::CUSTOM_FIELDS,
        column::ENVIRONMENT_TYPE,
        column::CREATED_AT,
        column::DEPRECATED_AT,
        column::UPDATED_AT,
    ],
};
