//! Pricing model before contracts: the charges of a plan.

use super::column;
use crate::catalog::endpoint::{Endpoint, Per};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint = Endpoint {
    name: "plan_charges",
    path: "/v1/planDetails/{plan_id}/charges",
    per: &[Per { parameter: "plan_id", endpoint: "plans", field: "id", asked: false }],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "plan_charges",
    doc: "A charge of a plan of the older pricing model.",
    origin: Origin::Api(&ENDPOINT),
    key: &["plan_id", "id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("plan_id", Kind::Id, "Plan it is on; the row does not say.")
            .found(Found::Asked("plan_id"))
            .required(),
        Column::new("id", Kind::Id, "Charge id, as sub lines of invoices name it.").required(),
        column::NAME,
        Column::new("charge_type", Kind::Text, "usage, fixed, composite, minimum or seat."),
        Column::new("product_id", Kind::Id, "Product billed."),
        Column::new("product_name", Kind::Text, "Name of that product."),
        Column::new("quantity", Kind::Decimal, "Units billed where fixed; null for usage.").unit(Unit::Quantity),
        Column::new("start_period", Kind::Integer, "Billing periods before the charge applies; 0 is at once."),
        Column::new("tier_reset_frequency", Kind::Integer, "Billing periods after which tiers count anew."),
        Column::new("credit_type_id", Kind::Id, "Credit type the prices are counted in.").at("credit_type.id"),
        Column::new("credit_type_name", Kind::Text, "Its name; prices are cents where it says USD (cents).")
            .at("credit_type.name"),
        Column::new("unit_conversion_division_factor", Kind::Decimal, "What quantities are divided by before pricing.")
            .at("unit_conversion.division_factor"),
        Column::new("unit_conversion_rounding_behavior", Kind::Text, "floor or ceiling, after that division.")
            .at("unit_conversion.rounding_behavior"),
        column::CUSTOM_FIELDS,
    ],
};
