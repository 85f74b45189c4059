//! Prices over time: one product's rate over one interval.
//!
//! A rate has no id, and neither product, interval nor group values tell two of them apart for certain: a product may
//! have a monthly and a yearly rate from the same instant. What a rate says is therefore its key.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Per, Value};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

/// Before any rate: the reference wants a start and knows no word for the beginning.
const BEGINNING: &str = "2000-01-01T00:00:00Z";

const ENDPOINT: Endpoint = Endpoint {
    name: "rate_schedules",
    method: Method::Post,
    path: "/v1/contract-pricing/rate-cards/getRateSchedule",
    per: &[Per { parameter: "rate_card_id", endpoint: "rate_cards", field: "id", asked: false }],
    parameters: &[("starting_at", Value::Text(BEGINNING))],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "rate_schedules",
    doc: "A rate of a rate card: the price of a product over an interval.",
    origin: Origin::Api(&ENDPOINT),
    key: &["rate_card_id", "product_id", "starting_at", "_fingerprint"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("rate_card_id", Kind::Id, "Rate card it is on; the row does not say.")
            .found(Found::Asked("rate_card_id"))
            .required(),
        Column::new("product_id", Kind::Id, "Product priced.").required(),
        Column::new("product_name", Kind::Text, "Name of that product."),
        Column::new("product_tags", Kind::Json, "Tags of that product, an array."),
        Column::new("product_custom_fields", Kind::Object, "Custom fields of that product, name to value."),
        Column::new("pricing_group_values", Kind::Object, "Event property values it is the price for."),
        column::STARTING_AT.required(),
        column::ENDING_BEFORE,
        Column::new("entitled", Kind::Boolean, "Whether customers may use the product unless their contract differs."),
        Column::new("billing_frequency", Kind::Text, "MONTHLY, QUARTERLY, ANNUAL or WEEKLY; of subscriptions."),
        Column::new("rate_type", Kind::Text, "FLAT, PERCENTAGE, SUBSCRIPTION, CUSTOM, TIERED or TIERED_PERCENTAGE.")
            .at("rate.rate_type"),
        Column::new(
            "rate_price",
            Kind::Decimal,
            "List price of one unit; a share of one where PERCENTAGE, null where tiered.",
        )
        .at("rate.price")
        .unit(Unit::CreditType),
        Column::new("rate_credit_type_id", Kind::Id, "Credit type of the prices.").at("rate.credit_type.id"),
        Column::new("rate_credit_type_name", Kind::Text, "Its name; prices are cents where it says USD (cents).")
            .at("rate.credit_type.name"),
        Column::new("rate_quantity", Kind::Decimal, "Units of a subscription; some accounts only.")
            .at("rate.quantity")
            .unit(Unit::Quantity),
        Column::new(
            "rate_is_prorated",
            Kind::Boolean,
            "Whether a part of a period is billed in part; some accounts only.",
        )
        .at("rate.is_prorated"),
        Column::new("rate_custom_rate", Kind::Json, "A rate of its own kind, an object; some accounts only.")
            .at("rate.custom_rate"),
        Column::new("rate_minimum", Kind::Decimal, "Least that is billed; some accounts only.")
            .at("rate.minimum_config.minimum")
            .unit(Unit::CreditType),
        Column::new("rate_pricing_group_values", Kind::Json, "Event property values, as the rate itself says them.")
            .at("rate.pricing_group_values"),
        Column::new("commit_rate_type", Kind::Text, "As rate_type, where a commit pays; null: the list rate.")
            .at("commit_rate.rate_type"),
        Column::new("commit_rate_price", Kind::Decimal, "Price of one unit where a commit pays.")
            .at("commit_rate.price")
            .unit(Unit::CreditType),
        Column::new("commit_rate_tiers", Kind::Json, "Tiers of that rate, an array.").at("commit_rate.tiers"),
        Column::new("commit_rate_minimum", Kind::Decimal, "Least that is billed at that rate; some accounts only.")
            .at("commit_rate.minimum_config.minimum")
            .unit(Unit::CreditType),
    ],
};
