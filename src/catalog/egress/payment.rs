//! Payments collected through a gateway. Private beta: most accounts have none.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "payment",
    doc: "A payment of an invoice, or the attempt at one.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Payment id."),
        Column::new("invoice_id", Kind::Id, "Invoice it pays."),
        Column::new("customer_id", Kind::Id, "Customer who pays."),
        Column::new("contract_id", Kind::Id, "Contract the invoice is under."),
        column::ENVIRONMENT_TYPE,
        Column::new("amount", Kind::Decimal, "Amount asked for, in the credit type beside it.").unit(Unit::CreditType),
        Column::new("amount_paid", Kind::Decimal, "Amount received: all once paid, else 0.").unit(Unit::CreditType),
        column::CREDIT_TYPE_ID,
        column::CREDIT_TYPE_NAME,
        Column::new("status", Kind::Text, "Where the payment stands, e.g. PAID."),
        Column::new("error_message", Kind::Text, "Why it failed, where it did."),
        Column::new("payment_gateway", Kind::Object, "Gateway and its ids for the payment, as an object."),
        column::CREATED_AT,
        column::UPDATED_AT,
    ],
};
