//! Seats and fixed fees billed by period.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_subscriptions",
    doc: "A subscription on a contract as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Subscription id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CUSTOMER_ID,
        column::CONTRACT_ID,
        Column::new("product_id", Kind::Id, "Product billed."),
        Column::new("name", Kind::Text, "Name of the subscription."),
        column::DESCRIPTION,
        Column::new("billing_frequency", Kind::Text, "How often it is billed."),
        Column::new("billing_cycle_config", Kind::Object, "Anchor date of the cycle and which invoices it is put on."),
        Column::new("collection_schedule", Kind::Text, "Whether a period is billed in advance or in arrears."),
        Column::new("is_prorated", Kind::Boolean, "Whether changes within a period are prorated."),
        Column::new("proration_rounding", Kind::Json, "How prorated amounts are rounded: method and decimal places."),
        Column::new("invoice_behavior", Kind::Text, "When the charge for a quantity change is billed."),
        Column::new("quantity_schedule", Kind::Json, "Quantities over time; the shape is not documented."),
        Column::new("fiat_credit_type_id", Kind::Id, "Currency it is billed in."),
        column::METADATA,
        column::STARTING_AT,
        column::ENDING_BEFORE,
        column::EXPORTED_AT,
    ],
};
