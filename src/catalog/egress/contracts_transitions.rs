//! Which contract followed which.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_transitions",
    doc: "The step from one contract to its successor as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Transition id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("type", Kind::Text, "renewal; older rows may say supersede."),
        Column::new("contract_id", Kind::Id, "Contract it is recorded on."),
        Column::new("from_contract_id", Kind::Id, "Contract that was left."),
        Column::new("to_contract_id", Kind::Id, "Contract that followed."),
        Column::new("date", Kind::Timestamp, "When the successor took over."),
        column::METADATA,
        column::EXPORTED_AT,
    ],
};
