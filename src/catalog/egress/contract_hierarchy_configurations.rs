//! Which contracts belong together, and who of them pays.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contract_hierarchy_configurations",
    doc: "A contract's place in an account hierarchy as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "The contract's id: one configuration per contract."),
        column::CONTRACT_ID,
        Column::new("parent_contract_id", Kind::Id, "Parent's contract; null on the parent itself."),
        Column::new("parent_customer_id", Kind::Id, "Parent's customer; null on the parent itself."),
        Column::new("child_info", Kind::Json, "Children's contracts and customers, as an array; null on a child."),
        column::UPDATED_AT,
        column::METADATA,
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("payer", Kind::Text, "Who pays a child's invoices: itself or the parent."),
        Column::new("usage_statement_behavior", Kind::Text, "Whether usage is on the parent's statement or apart."),
        Column::new("invoice_consolidation_type", Kind::Text, "Whether children's statements join its invoice."),
    ],
};
