//! Alerts and how customers stand to them. Alerts are listed through customers only.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, PER_CUSTOMER, Paging, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

/// The default lists enabled alerts only.
const ENDPOINT: Endpoint = Endpoint {
    name: "alerts",
    method: Method::Post,
    path: "/v1/customer-alerts/list",
    per: PER_CUSTOMER,
    parameters: &[("alert_statuses", Value::Texts(&["ENABLED", "DISABLED", "ARCHIVED"]))],
    paging: Paging::Query { limit: None },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "alerts",
    doc: "An alert and its status for one customer.",
    origin: Origin::Api(&ENDPOINT),
    key: &["customer_id", "alert_id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ASKED_CUSTOMER_ID,
        Column::new("customer_status", Kind::Text, "ok, in_alarm or evaluating; null once the alert is archived."),
        Column::new("triggered_by", Kind::Text, "Why it fired."),
        Column::new("alert_id", Kind::Id, "The alert.").at("alert.id").required(),
        Column::new("alert_name", Kind::Text, "Name of the alert.").at("alert.name"),
        Column::new("alert_uniqueness_key", Kind::Text, "What its maker gave so that it is not made twice.")
            .at("alert.uniqueness_key"),
        Column::new("alert_type", Kind::Text, "What it watches, e.g. spend_threshold_reached.").at("alert.type"),
        Column::new("alert_status", Kind::Text, "enabled, disabled or archived.").at("alert.status"),
        Column::new("alert_access_type", Kind::Text, "SPEND, or QUANTITY where it watches units.")
            .at("alert.access_type"),
        Column::new("alert_credit_type_id", Kind::Id, "Credit type of the threshold; null where it is no amount.")
            .at("alert.credit_type.id"),
        Column::new("alert_credit_type_name", Kind::Text, "Name of that credit type.").at("alert.credit_type.name"),
        Column::new(
            "alert_threshold",
            Kind::Decimal,
            "Where it fires: an amount, a count, days or percent, by its type.",
        )
        .at("alert.threshold"),
        Column::new("alert_updated_at", Kind::Timestamp, "When the customer's status last changed.")
            .at("alert.updated_at"),
        Column::new("alert_credit_grant_type_filters", Kind::Json, "Kinds of credit grants it watches, an array.")
            .at("alert.credit_grant_type_filters"),
        Column::new("alert_custom_field_filters", Kind::Json, "Custom fields of what it watches, an array.")
            .at("alert.custom_field_filters"),
        Column::new("alert_group_key_filter_key", Kind::Text, "Event property it watches; some accounts only.")
            .at("alert.group_key_filter.key"),
        Column::new("alert_group_key_filter_value", Kind::Text, "Value of that property.")
            .at("alert.group_key_filter.value"),
        Column::new("alert_invoice_types_filter", Kind::Json, "Types of invoices it watches, an array.")
            .at("alert.invoice_types_filter"),
        Column::new("alert_group_values", Kind::Json, "Event properties and values it watches, an array.")
            .at("alert.group_values"),
        Column::new("alert_seat_filter_seat_group_key", Kind::Text, "Event property that names the seats it watches.")
            .at("alert.seat_filter.seat_group_key"),
        Column::new("alert_seat_filter_seat_group_value", Kind::Text, "The one seat it watches.")
            .at("alert.seat_filter.seat_group_value"),
        Column::new("alert_alert_specifiers", Kind::Json, "What else narrows it down, an array.")
            .at("alert.alert_specifiers"),
    ],
};
