//! Changes to a contract in today's model; `contracts_amendments` has those of the older one.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_edits",
    doc: "An edit of a contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Edit id."),
        Column::new("contract_id", Kind::Id, "Contract that was edited."),
        Column::new("timestamp", Kind::Timestamp, "When it was edited."),
        Column::new("edits", Kind::Json, "What was changed; the shape is not documented."),
        column::METADATA,
        column::ENVIRONMENT_TYPE,
        column::CREATED_BY,
        column::EXPORTED_AT,
        column::SNAPSHOT_ID,
    ],
};
