//! What a custom unit costs: how usage priced in it becomes money.

use super::rate_cards;
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "rate_card_conversions",
    doc: "The price of a custom unit in the currency of a rate card.",
    origin: Origin::Nested { of: &rate_cards::TABLE, rows: "credit_type_conversions" },
    key: &["rate_card_id", "conversion_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("rate_card_id", Kind::Id, "Rate card it is on.").found(Found::InParent("id")),
        Column::new("conversion_number", Kind::Integer, "Place on the rate card, from 0.").found(Found::Ordinal),
        Column::new("fiat_credit_type_id", Kind::Id, "Currency of the price.")
            .found(Found::InParent("fiat_credit_type_id")),
        Column::new("custom_credit_type_id", Kind::Id, "Custom unit.").at("custom_credit_type.id").required(),
        Column::new("custom_credit_type_name", Kind::Text, "Name of that unit.").at("custom_credit_type.name"),
        Column::new("fiat_per_custom_credit", Kind::Decimal, "Price of one such unit, in the currency beside it.")
            .unit(Unit::CreditType)
            .required(),
    ],
};
