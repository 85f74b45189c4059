//! Products over time: lines name `product_list_item_id`, and the version that had started gives the name.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_product_list_item_versions",
    doc: "A version of a product as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the version, not of the product."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("product_list_item_id", Kind::Id, "Product id, as product_id of lines has it."),
        Column::new("type", Kind::Text, "Type of the product, e.g. usage or fixed."),
        Column::new("version", Kind::Integer, "Version; there is one row for each."),
        Column::new("name", Kind::Text, "Name of the product in this version."),
        Column::new("is_refundable", Kind::Boolean, "Whether it may be refunded."),
        column::BILLABLE_METRIC_ID,
        Column::new("composite_product_ids", Kind::Json, "Products a composite charge is computed on, as ids."),
        Column::new("composite_scope", Kind::Text, "Whether that is per CONTRACT or over all of a CUSTOMER."),
        Column::new("tags", Kind::Json, "Tags of the product, as an array."),
        Column::new("composite_tags", Kind::Json, "Tags of products a composite charge is computed on."),
        Column::new("include_composite_spend", Kind::Boolean, "Whether other composite charges count towards it."),
        Column::new("quantity_conversion", Kind::Json, "Conversion of the metric's quantity before pricing."),
        Column::new("quantity_rounding", Kind::Json, "Rounding of the quantity before pricing."),
        Column::new("pricing_group_key", Kind::Json, "Event properties that choose the price, as an array."),
        Column::new("presentation_group_key", Kind::Json, "Event properties that split lines for display only."),
        column::METADATA,
        Column::new("starting_at", Kind::Timestamp, "When the version takes effect, inclusive."),
        column::CREATED_AT,
        column::CREATED_BY,
        column::UPDATED_AT,
    ],
};
