//! Prices and entitlements that differ from the rate card.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_overrides",
    doc: "A price override on a contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Override id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        column::AMENDMENT_ID,
        Column::new("product_id", Kind::Id, "Product whose price changes; null where tags or specifiers choose."),
        Column::new("entitled", Kind::Boolean, "Whether the product may be used; null leaves the rate card's word."),
        Column::new("rate_type", Kind::Text, "multiplier, or which kind of new rate overwrites the list rate."),
        Column::new("multiplier", Kind::Decimal, "Factor on the list rate: 0.9 is ten per cent off. Without a unit."),
        Column::new("priority", Kind::Decimal, "Order among multipliers if the contract says so: lowest first."),
        Column::new("new_rate", Kind::Json, "New rate, as an object shaped by rate_type."),
        Column::new("credit_type_id", Kind::Id, "Credit type of the new rate; null for multipliers."),
        Column::new("credit_type_name", Kind::Text, "Its name; rates are cents where it says USD (cents)."),
        Column::new("applicable_product_tags", Kind::Json, "Tags of products it applies to, as an array."),
        Column::new("override_specifiers", Kind::Json, "Products, tags, groups, commits it applies to, as an array."),
        Column::new("target", Kind::Text, "Which rate it changes: COMMIT_RATE or LIST_RATE."),
        Column::new("is_commit_specific", Kind::Boolean, "Whether it holds only for usage that named commits pay for."),
        column::METADATA,
        Column::new("tiered_override", Kind::Json, "New tiers, where the rate is tiered; the shape is not documented."),
        column::STARTING_AT,
        column::ENDING_BEFORE,
        column::CREATED_AT,
        column::EXPORTED_AT,
    ],
};
