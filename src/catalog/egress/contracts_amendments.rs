//! Changes to a contract in the older model; `contracts_edits` has those of today's.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_amendments",
    doc: "An amendment of a contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Amendment id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("contract_id", Kind::Id, "Contract that was amended."),
        Column::new("effective_at", Kind::Timestamp, "When the amendment takes effect."),
        column::METADATA,
        column::CREATED_AT,
        column::CREATED_BY,
        column::EXPORTED_AT,
    ],
};
