//! The lines of `invoice`. Customer, period and status stand on the invoice only.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "line_item",
    doc: "A line of a finalized or voided invoice.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Line id."),
        column::ENVIRONMENT_TYPE,
        Column::new("invoice_id", Kind::Id, "Invoice it is on; customer and status are found there."),
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
        column::METADATA,
        column::SUBSCRIPTION_ID,
        column::IS_PRORATED,
        column::LINE_STARTING_AT,
        column::LINE_ENDING_BEFORE,
        column::UPDATED_AT,
    ],
};
