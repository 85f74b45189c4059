//! The lines of `draft_invoice`. Join on the invoice and on the snapshot, or days are mixed.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "draft_line_item",
    doc: "A line of a draft invoice as it stood at one daily snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_time"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_time" },
    partition: Partition::Flat,
    columns: &[
        column::METADATA_ID,
        Column::new("id", Kind::Id, "Line id; the same in every snapshot."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_TIME,
        Column::new("invoice_id", Kind::Id, "Draft it is on; join on snapshot_time as well."),
        column::CREDIT_GRANT_ID,
        column::CREDIT_TYPE_ID,
        column::CREDIT_TYPE_NAME,
        column::LINE_NAME,
        column::QUANTITY,
        column::LINE_TOTAL,
        column::LINE_COMMIT_ID,
        column::LINE_PRODUCT_ID,
        column::GROUP_KEY,
        column::GROUP_VALUE,
        column::UNIT_PRICE,
        column::PRICING_GROUP_VALUES,
        column::SUBSCRIPTION_ID,
        column::IS_PRORATED,
        column::METADATA,
        column::LINE_STARTING_AT,
        column::LINE_ENDING_BEFORE,
        column::UPDATED_AT,
    ],
};
