//! Seats and fixed fees billed by period.

use super::{column, contracts};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contract_subscriptions",
    doc: "A subscription on a contract.",
    origin: Origin::Nested { of: &contracts::TABLE, rows: "subscriptions" },
    key: &["contract_id", "subscription_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("contract_id", Kind::Id, "Contract it is on.").found(Found::InParent("id")),
        Column::new("subscription_number", Kind::Integer, "Place in the contract, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        Column::new("id", Kind::Id, "Subscription id, as lines name it."),
        Column::new("product_id", Kind::Id, "Product billed.").at("subscription_rate.product.id"),
        Column::new("product_name", Kind::Text, "Name of that product.").at("subscription_rate.product.name"),
        Column::new("billing_frequency", Kind::Text, "MONTHLY, QUARTERLY, ANNUAL or WEEKLY.")
            .at("subscription_rate.billing_frequency"),
        Column::new("product_custom_fields", Kind::Object, "Custom fields of that product, name to value."),
        column::NAME,
        column::DESCRIPTION,
        Column::new("collection_schedule", Kind::Text, "Whether a period is billed in ADVANCE or in ARREARS."),
        Column::new("proration_is_prorated", Kind::Boolean, "Whether changes within a period are prorated.")
            .at("proration.is_prorated"),
        Column::new("proration_invoice_behavior", Kind::Text, "When the charge for a quantity change is billed.")
            .at("proration.invoice_behavior"),
        Column::new("proration_rounding", Kind::Json, "How prorated amounts are rounded, an object.")
            .at("proration.rounding"),
        Column::new("quantity_schedule", Kind::Json, "Quantities now and to come, an array; the past is not shown."),
        Column::new("billing_periods", Kind::Json, "The previous, the current and the next period, an object."),
        Column::new("quantity_management_mode", Kind::Text, "SEAT_BASED or QUANTITY_ONLY."),
        Column::new("seat_config_seat_group_key", Kind::Text, "Event property that names the seat.")
            .at("seat_config.seat_group_key"),
        column::STARTING_AT,
        column::ENDING_BEFORE,
        Column::new("fiat_credit_type_id", Kind::Id, "Currency it is billed in."),
        Column::new("custom_credit_type_id", Kind::Id, "Custom unit it is billed in; newer accounts only."),
        Column::new("billing_cycle_config_anchor_date", Kind::Timestamp, "Date the periods are counted from.")
            .at("billing_cycle_config.anchor_date"),
        Column::new("billing_cycle_config_invoice_placement", Kind::Text, "ON_SCHEDULED_INVOICE or ON_USAGE_INVOICE.")
            .at("billing_cycle_config.invoice_placement"),
        column::CUSTOM_FIELDS,
        Column::new("created_at", Kind::Timestamp, "When it was created; newer accounts only."),
    ],
};
