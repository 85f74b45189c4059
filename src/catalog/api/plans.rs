//! Pricing model before contracts: plans.

use super::column;
use crate::catalog::endpoint::Endpoint;
use crate::catalog::{Class, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint { name: "plans", path: "/v1/plans", ..Endpoint::NEW };

pub(crate) const TABLE: Table = Table {
    name: "plans",
    doc: "A plan of the older pricing model.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[column::ID, column::NAME, column::DESCRIPTION, column::CUSTOM_FIELDS],
};
