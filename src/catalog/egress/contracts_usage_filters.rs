//! Usage filters as versions: the greatest version that has started is in force.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_usage_filters",
    doc: "A version of a contract's usage filter as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "version", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Filter id, shared by its versions."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        Column::new("version", Kind::Integer, "Version; of those that have started the greatest is in force."),
        Column::new("starting_at", Kind::Timestamp, "When the version takes effect, inclusive."),
        Column::new("group_key", Kind::Text, "Event property that is tested."),
        Column::new("group_values", Kind::Json, "Values of it that the contract bills, as an array."),
        column::METADATA,
        column::EXPORTED_AT,
    ],
};
