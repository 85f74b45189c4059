//! Notifications on spend and balances; what they did is in `customer_alert_history`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "alert",
    doc: "The definition of a threshold notification.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Alert id."),
        Column::new("name", Kind::Text, "Name of the alert."),
        Column::new("alert_type", Kind::Text, "What is watched; it decides what threshold counts."),
        Column::new("threshold", Kind::Decimal, "Where it fires; alert_type says if amount, days or per cent."),
        Column::new("webhooks_enabled", Kind::Boolean, "Whether a webhook is sent."),
        column::ENVIRONMENT_TYPE,
        column::CREATED_AT,
        Column::new("disabled_at", Kind::Timestamp, "When it was switched off; null while on."),
        column::UPDATED_AT,
        column::ARCHIVED_AT,
        Column::new("group_values", Kind::Json, "Event property values it is limited to."),
        Column::new("seat_filter", Kind::Json, "Seats it is limited to."),
        Column::new("customer_id", Kind::Id, "Customer watched; null means all. Newer exports only."),
    ],
};
