//! When how much is invoiced for a commit.

use super::{balances, column};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "balance_invoice_schedule_items",
    doc: "A date at which a commit is invoiced, and the amount.",
    origin: Origin::Nested { of: &balances::TABLE, rows: "invoice_schedule.schedule_items" },
    key: &["balance_id", "item_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("balance_id", Kind::Id, "Commit it belongs to; an id of balances.").found(Found::InParent("id")),
        Column::new("item_number", Kind::Integer, "Place in the schedule, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        Column::new("credit_type_id", Kind::Id, "Credit type the amount is counted in.")
            .found(Found::InParent("invoice_credit_type_id")),
        column::ID,
        Column::new("invoice_id", Kind::Id, "Invoice that charges it, once there is one."),
        Column::new("amount", Kind::Decimal, "What is invoiced: quantity times unit price.")
            .unit(Unit::CreditType)
            .required(),
        Column::new("unit_price", Kind::Decimal, "Price of one unit.").unit(Unit::CreditType),
        Column::new("quantity", Kind::Decimal, "Units invoiced.").unit(Unit::Quantity),
        Column::new("timestamp", Kind::Timestamp, "Date of the invoice.").required(),
    ],
};
