//! The units amounts are counted in. Every amount of the lake needs one to be read: only USD comes in cents.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "credit_type",
    doc: "A credit type: a currency or a custom pricing unit.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        column::METADATA_ID,
        Column::new("id", Kind::Id, "Credit type id."),
        column::ENVIRONMENT_TYPE,
        Column::new("name", Kind::Text, "Name: USD (cents) counts cents, every other currency whole units."),
        Column::new("is_currency", Kind::Boolean, "True for money; false for a custom pricing unit."),
        column::UPDATED_AT,
    ],
};
