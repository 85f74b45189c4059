//! Charges billed by calendar, whatever is used.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_scheduled_charges",
    doc: "A scheduled charge on a contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Charge id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        column::AMENDMENT_ID,
        Column::new("name", Kind::Text, "Name of the charge."),
        column::DESCRIPTION,
        Column::new("product_id", Kind::Id, "Product billed."),
        Column::new("credit_type_id", Kind::Id, "Credit type the schedule's amounts are counted in."),
        column::CREDIT_TYPE_NAME,
        Column::new("schedule", Kind::Object, "When how much is billed, and the rule it recurs by."),
        column::METADATA,
        column::EXPORTED_AT,
    ],
};
