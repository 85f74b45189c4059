//! The tiers of a tiered rate.

use super::rate_schedules;
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "rate_schedule_tiers",
    doc: "A tier of a rate of a rate card.",
    origin: Origin::Nested { of: &rate_schedules::TABLE, rows: "rate.tiers" },
    key: &["rate_card_id", "product_id", "starting_at", "_fingerprint", "tier_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("rate_card_id", Kind::Id, "Rate card it is on.").found(Found::InParent("rate_card_id")),
        Column::new("product_id", Kind::Id, "Product priced.").found(Found::InParent("product_id")),
        Column::new("starting_at", Kind::Timestamp, "When the rate takes effect.")
            .found(Found::InParent("starting_at")),
        Column::new("tier_number", Kind::Integer, "Place among the tiers, from 0.").found(Found::Ordinal),
        Column::new("pricing_group_values", Kind::Object, "Event property values it is the price for.")
            .found(Found::InParent("pricing_group_values")),
        Column::new("credit_type_id", Kind::Id, "Credit type of the price.")
            .found(Found::InParent("rate_credit_type_id")),
        Column::new("size", Kind::Decimal, "Units the tier holds; null for the last.").unit(Unit::Quantity),
        Column::new("price", Kind::Decimal, "Price of one unit; a share of one where TIERED_PERCENTAGE.")
            .unit(Unit::CreditType)
            .required(),
    ],
};
