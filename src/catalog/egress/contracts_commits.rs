//! Commits made on a contract only. For every commit and credit read `contracts_balances`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "contracts_commits",
    doc: "A commit made on a contract, as it stood at one snapshot; no credits and none made on a customer.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Commit id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        column::AMENDMENT_ID,
        Column::new("type", Kind::Text, "prepaid or postpaid."),
        Column::new("name", Kind::Text, "Name of the commit."),
        column::PRIORITY,
        column::DESCRIPTION,
        Column::new("product_id", Kind::Id, "Product it is invoiced under."),
        Column::new("amount", Kind::Decimal, "Deprecated: read the schedules instead.").unit(Unit::CreditType),
        column::ACCESS_SCHEDULE,
        column::INVOICE_SCHEDULE,
        column::ROLLOVER_FRACTION,
        column::RATE_TYPE,
        column::APPLICABLE_PRODUCT_IDS,
        column::APPLICABLE_PRODUCT_TAGS,
        column::SPECIFIERS,
        column::LEDGER,
        column::ROLLED_FROM_COMMIT,
        column::ROLLED_FROM_CONTRACT,
        column::RECURRING_COMMIT_ID,
        column::METADATA,
        column::BALANCE,
        column::COST_BASIS,
        Column::new("updated_at", Kind::Timestamp, "When the commit last changed."),
    ],
};
