//! What amounts are counted in: currencies and custom units. Only the name tells whether the unit is a cent.

use super::column;
use crate::catalog::endpoint::Endpoint;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint { name: "credit_types", path: "/v1/credit-types/list", ..Endpoint::NEW };

pub(crate) const TABLE: Table = Table {
    name: "credit_types",
    doc: "A credit type: a currency or a custom unit that amounts are counted in.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("name", Kind::Text, "Its name; it counts cents where it says so, e.g. USD (cents).").required(),
        Column::new("is_currency", Kind::Boolean, "Whether it is money and no custom unit."),
    ],
};
