//! The lines of `breakdowns_draft_invoices`; columns as for finalized ones.

use super::breakdowns_line_items;
use crate::catalog::{Class, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "breakdowns_draft_line_items",
    doc: "One day of a line of a draft invoice as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_timestamp"],
    newest_by: &["updated_at", "watermark_timestamp"],
    class: Class::Snapshot { column: "snapshot_timestamp" },
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: breakdowns_line_items::COLUMNS,
};
