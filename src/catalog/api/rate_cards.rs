//! Lists of prices. The prices are in `rate_schedules`.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "rate_cards",
    method: Method::Post,
    path: "/v1/contract-pricing/rate-cards/list",
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "rate_cards",
    doc: "A rate card: a list of prices in one currency.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        column::NAME,
        column::CREATED_AT,
        column::CREATED_BY,
        column::DESCRIPTION,
        Column::new("fiat_credit_type_id", Kind::Id, "Currency that its invoices are in.").at("fiat_credit_type.id"),
        Column::new("fiat_credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).")
            .at("fiat_credit_type.name"),
        Column::new("aliases", Kind::Json, "Other names it has or had, an array."),
        column::CUSTOM_FIELDS,
    ],
};
