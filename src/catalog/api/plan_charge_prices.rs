//! Pricing model before contracts: what a charge costs, tier by tier.

use super::{column, plan_charges};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "plan_charge_prices",
    doc: "A price of a charge of a plan of the older pricing model.",
    origin: Origin::Nested { of: &plan_charges::TABLE, rows: "prices" },
    key: &["plan_id", "charge_id", "price_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("plan_id", Kind::Id, "Plan it is on.").found(Found::InParent("plan_id")),
        Column::new("charge_id", Kind::Id, "Charge it is the price of.").found(Found::InParent("id")),
        Column::new("price_number", Kind::Integer, "Place among the prices, from 0.").found(Found::Ordinal),
        column::PARENT_CREDIT_TYPE_ID,
        Column::new("value", Kind::Decimal, "Price of one unit.").unit(Unit::CreditType).required(),
        Column::new("tier", Kind::Decimal, "Units at which it begins.").unit(Unit::Quantity),
        Column::new("quantity", Kind::Decimal, "Units billed where fixed.").unit(Unit::Quantity),
        Column::new("collection_schedule", Kind::Text, "Whether it is billed in advance or in arrears."),
        Column::new("collection_interval", Kind::Integer, "Billing periods from one collection to the next."),
    ],
};
