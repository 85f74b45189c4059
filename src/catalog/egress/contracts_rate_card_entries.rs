//! List prices: one product's rate over one interval.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_rate_card_entries",
    doc: "A rate of a rate card as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Rate id."),
        column::ENVIRONMENT_TYPE,
        Column::new("rate_card_id", Kind::Id, "Rate card it is on."),
        Column::new("product_id", Kind::Id, "Product priced."),
        Column::new("version", Kind::Integer, "Version of the rate."),
        Column::new("entitled", Kind::Boolean, "Whether customers may use the product unless their contract differs."),
        Column::new("rate", Kind::Text, "List rate, an object written as text; in the credit type beside it."),
        Column::new("commit_rate", Kind::Text, "Rate where a commit pays, as text too; null: the list rate."),
        Column::new("product_order", Kind::Integer, "Place of the product on the card."),
        column::PRICING_GROUP_VALUES,
        column::SNAPSHOT_ID,
        column::METADATA,
        Column::new("credit_type_id", Kind::Id, "Credit type the rate is counted in."),
        Column::new("credit_type_name", Kind::Text, "Its name; rates are cents where it says USD (cents)."),
        Column::new("billing_frequency", Kind::Text, "How often it is billed, for subscription rates."),
        column::STARTING_AT,
        column::ENDING_BEFORE,
        column::UPDATED_AT,
    ],
};
