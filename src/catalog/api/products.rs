//! What is billed. A product keeps its history: how it began, how it is, and every change between.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "products",
    method: Method::Post,
    path: "/v1/contract-pricing/products/list",
    parameters: &[("archive_filter", Value::Text("ALL"))],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "products",
    doc: "A product as it is now, archived or not, with its history.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("type", Kind::Text, "USAGE, SUBSCRIPTION, COMPOSITE, FIXED or PRO_SERVICE.").required(),
        column::ARCHIVED_AT,
        Column::new("initial", Kind::Json, "The product as it was made, an object like the columns current_."),
        Column::new("current_name", Kind::Text, "Its name now.").at("current.name").required(),
        Column::new("current_starting_at", Kind::Timestamp, "Since when it is as it is.").at("current.starting_at"),
        Column::new("current_netsuite_internal_item_id", Kind::Id, "Its item at NetSuite.")
            .at("current.netsuite_internal_item_id"),
        Column::new("current_created_at", Kind::Timestamp, "When this state was entered.").at("current.created_at"),
        Column::new("current_created_by", Kind::Text, "Who entered it.").at("current.created_by"),
        Column::new("current_netsuite_overage_item_id", Kind::Id, "Its item for overage at NetSuite.")
            .at("current.netsuite_overage_item_id"),
        Column::new("current_billable_metric_id", Kind::Id, "Metric that measures it; of usage products.")
            .at("current.billable_metric_id"),
        Column::new(
            "current_composite_product_ids",
            Kind::Json,
            "Products whose spend it is a share of, an array of ids.",
        )
        .at("current.composite_product_ids"),
        Column::new("current_quantity_conversion_name", Kind::Text, "Name of the conversion of its quantities.")
            .at("current.quantity_conversion.name"),
        Column::new(
            "current_quantity_conversion_factor",
            Kind::Decimal,
            "What quantities are multiplied or divided by.",
        )
        .at("current.quantity_conversion.conversion_factor"),
        Column::new("current_quantity_conversion_operation", Kind::Text, "MULTIPLY or DIVIDE, in either letter case.")
            .at("current.quantity_conversion.operation"),
        Column::new(
            "current_quantity_rounding_method",
            Kind::Text,
            "ROUND_UP, ROUND_DOWN or ROUND_HALF_UP, in either letter case.",
        )
        .at("current.quantity_rounding.rounding_method"),
        Column::new("current_quantity_rounding_decimal_places", Kind::Integer, "Digits that rounding leaves.")
            .at("current.quantity_rounding.decimal_places"),
        Column::new("current_composite_tags", Kind::Json, "Tags of products whose spend it is a share of, an array.")
            .at("current.composite_tags"),
        Column::new("current_is_refundable", Kind::Boolean, "Whether it can be refunded; some accounts only.")
            .at("current.is_refundable"),
        Column::new("current_tags", Kind::Json, "Tags that commits and overrides choose it by, an array.")
            .at("current.tags"),
        Column::new("current_composite_scope", Kind::Text, "CUSTOMER or CONTRACT; some accounts only.")
            .at("current.composite_scope"),
        Column::new("current_exclude_free_usage", Kind::Boolean, "Whether free usage is left out of the share.")
            .at("current.exclude_free_usage"),
        Column::new(
            "current_include_composite_spend",
            Kind::Boolean,
            "Whether other shares are part of it; some accounts only.",
        )
        .at("current.include_composite_spend"),
        Column::new("current_pricing_group_key", Kind::Json, "Event properties that choose the price, an array.")
            .at("current.pricing_group_key"),
        Column::new("current_presentation_group_key", Kind::Json, "Event properties that split lines, an array.")
            .at("current.presentation_group_key"),
        Column::new("updates", Kind::Json, "Every change, dated, an array."),
        column::CUSTOM_FIELDS,
    ],
};
