//! When how much is invoiced for a scheduled charge.

use super::{column, contract_scheduled_charges};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "contract_scheduled_charge_items",
    doc: "A date at which a scheduled charge is invoiced, and the amount.",
    origin: Origin::Nested { of: &contract_scheduled_charges::TABLE, rows: "schedule.schedule_items" },
    key: &["contract_id", "charge_number", "item_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("contract_id", Kind::Id, "Contract it is on.").found(Found::InParent("contract_id")),
        Column::new("charge_number", Kind::Integer, "Charge of that contract.").found(Found::InParent("charge_number")),
        Column::new("item_number", Kind::Integer, "Place in the schedule, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        Column::new("scheduled_charge_id", Kind::Id, "Id of that charge.").found(Found::InParent("id")),
        column::PARENT_CREDIT_TYPE_ID,
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
