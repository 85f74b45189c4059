//! Usage filters as intervals. Rows name neither snapshot nor environment; the transfer tells snapshots apart.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_usage_filter_schedule",
    doc: "An interval in which a contract bills only usage with given property values, as of one transfer.",
    origin: Origin::Egress,
    key: &["id", "_transferred_at"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "_transferred_at" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the interval."),
        column::CONTRACT_ID,
        column::STARTING_AT,
        Column::new("ending_before", Kind::Timestamp, "When it stops; inclusive by the vendor's word, only here."),
        Column::new("group_key", Kind::Text, "Event property that is tested."),
        Column::new("group_values", Kind::Json, "Values of it that the contract bills, as an array."),
        column::METADATA,
        column::EXPORTED_AT,
    ],
};
