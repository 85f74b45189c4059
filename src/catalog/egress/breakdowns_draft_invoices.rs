//! Draft invoices by day of usage. Every snapshot tells the whole month so far again; columns as for finalized ones.

use super::breakdowns_invoices;
use crate::catalog::{Class, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "breakdowns_draft_invoices",
    doc: "One day of a draft invoice as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_timestamp"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_timestamp" },
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: breakdowns_invoices::COLUMNS,
};
