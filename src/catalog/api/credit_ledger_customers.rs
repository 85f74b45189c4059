//! Pricing model before contracts: whose credit has a ledger. The rows hold nothing else; their arrays are the tables.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Paging};
use crate::catalog::{Class, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "credit_ledger_customers",
    method: Method::Post,
    path: "/v1/credits/listEntries",
    paging: Paging::Query { limit: None },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "credit_ledger_customers",
    doc: "A customer that has credit ledgers of the older pricing model.",
    origin: Origin::Api(&ENDPOINT),
    key: &["customer_id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[column::CUSTOMER_ID],
};
