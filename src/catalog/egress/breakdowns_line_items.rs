//! The lines of `breakdowns_invoices`: only breakdowns say what kind of line each is.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "breakdowns_line_items",
    doc: "One day of a line of a finalized invoice.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at", "watermark_timestamp"],
    class: Class::Incremental,
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: COLUMNS,
};

/// Those of `breakdowns_draft_line_items` too.
pub(super) const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Id, "Breakdown line id, not the line's."),
    column::ENVIRONMENT_TYPE,
    Column::new("snapshot_timestamp", Kind::Timestamp, "Start of the snapshot the row was computed in."),
    Column::new("watermark_timestamp", Kind::Timestamp, "Latest change that went into the row."),
    Column::new("invoice_breakdown_id", Kind::Id, "Header it belongs to; join on snapshot_timestamp as well."),
    column::LINE_NAME,
    Column::new("transfer_id", Kind::Id, "Transfer that wrote the row."),
    column::GROUP_KEY,
    column::GROUP_VALUE,
    Column::new("quantity", Kind::Decimal, "Units of the window.").unit(Unit::Quantity),
    Column::new("total", Kind::Decimal, "Amount of the window; negative where a commit pays.").unit(Unit::CreditType),
    column::UNIT_PRICE,
    column::LINE_PRODUCT_ID,
    Column::new("product_type", Kind::Text, "Type of that product."),
    column::CREDIT_TYPE_ID,
    column::CREDIT_TYPE_NAME,
    column::LINE_COMMIT_ID,
    Column::new("commit_segment_id", Kind::Id, "Access schedule segment it was drawn from."),
    Column::new("commit_type", Kind::Text, "PrepaidCommit or PostpaidCommit, where a commit is concerned."),
    column::SUBSCRIPTION_ID,
    column::IS_PRORATED,
    Column::new("line_item_id", Kind::Id, "Line of the invoice that is broken down."),
    Column::new("line_item_type", Kind::Text, "What the line bills or applies; the values are not documented."),
    column::CUSTOM_FIELDS,
    column::PRICING_GROUP_VALUES,
    column::PRESENTATION_GROUP_VALUES,
    column::BILLABLE_METRIC_ID,
    column::METADATA,
    Column::new("breakdown_start_timestamp", Kind::Timestamp, "Start of the window, inclusive."),
    Column::new("breakdown_end_timestamp", Kind::Timestamp, "End of the window, exclusive."),
    column::UPDATED_AT,
];
