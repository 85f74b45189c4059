//! What was agreed with a customer: the frame that commits, charges and overrides hang on.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_contracts",
    doc: "A contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Contract id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("name", Kind::Text, "Name of the contract."),
        Column::new("customer_id", Kind::Id, "Customer it was agreed with."),
        Column::new("package_id", Kind::Id, "Package it was made from."),
        column::RATE_CARD_ID,
        column::STARTING_AT,
        column::ENDING_BEFORE,
        column::ARCHIVED_AT,
        column::MULTIPLIER_PRIORITY,
        column::PAYMENT_TERMS,
        column::STATEMENT_FREQUENCY,
        column::CHARGES_ON_USAGE,
        column::METADATA,
        column::CREATED_AT,
        column::CREATED_BY,
        column::EXPORTED_AT,
    ],
};
