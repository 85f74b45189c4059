//! What a customer has left in one credit type, as the vendor adds it up: a check on `balances`.
//!
//! Drafts count as used. Asked for every customer and credit type that a balance is in.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Paging, Per};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint = Endpoint {
    name: "net_balances",
    method: Method::Post,
    path: "/v1/contracts/customerBalances/getNetBalance",
    per: &[
        Per { parameter: "customer_id", endpoint: "balances", field: "customer_id", asked: true },
        Per {
            parameter: "credit_type_id",
            endpoint: "balances",
            field: "access_schedule.credit_type.id",
            asked: false,
        },
    ],
    paging: Paging::None,
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "net_balances",
    doc: "What a customer can use now in one credit type, over all commits and credits.",
    origin: Origin::Api(&ENDPOINT),
    key: &["customer_id", "credit_type_id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ASKED_CUSTOMER_ID,
        Column::new("credit_type_id", Kind::Id, "Credit type the balance is counted in.").required(),
        Column::new("balance", Kind::Decimal, "Left to use; segments below 0 count 0.")
            .unit(Unit::CreditType)
            .required(),
    ],
};
