//! Templates contracts are made from.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "packages",
    doc: "A package as it stood at one snapshot: a template for contracts.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Package id."),
        Column::new("name", Kind::Text, "Name of the package."),
        column::RATE_CARD_ID,
        Column::new("duration_unit", Kind::Text, "Unit of the duration: DAYS, WEEKS, MONTHS or YEARS."),
        Column::new("duration_value", Kind::Integer, "How long its contracts last, counted in that unit."),
        column::MULTIPLIER_PRIORITY,
        column::PAYMENT_TERMS,
        column::STATEMENT_FREQUENCY,
        column::CHARGES_ON_USAGE,
        Column::new("billing_provider", Kind::Text, "Provider its contracts are billed through."),
        Column::new("delivery_method", Kind::Text, "How invoices reach that provider."),
        Column::new("aliases", Kind::Json, "Other names it is found by, over time."),
        column::CREATED_AT,
        column::CREATED_BY,
        column::ARCHIVED_AT,
        column::EXPORTED_AT,
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::METADATA,
    ],
};
