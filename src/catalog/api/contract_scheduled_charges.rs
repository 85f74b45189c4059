//! Charges billed by calendar, whatever is used.

use super::{column, contracts};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contract_scheduled_charges",
    doc: "A scheduled charge on a contract.",
    origin: Origin::Nested { of: &contracts::TABLE, rows: "scheduled_charges" },
    key: &["contract_id", "charge_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("contract_id", Kind::Id, "Contract it is on.").found(Found::InParent("id")),
        Column::new("charge_number", Kind::Integer, "Place in the contract, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        column::ID,
        column::PRODUCT_ID,
        column::PRODUCT_NAME,
        column::NAME,
        Column::new("credit_type_id", Kind::Id, "Credit type the schedule's amounts are counted in.")
            .at("schedule.credit_type.id"),
        Column::new("credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).")
            .at("schedule.credit_type.name"),
        Column::new("do_not_invoice", Kind::Boolean, "Whether nothing is invoiced for it.")
            .at("schedule.do_not_invoice"),
        column::NETSUITE_SALES_ORDER_ID,
        column::CUSTOM_FIELDS,
        column::ARCHIVED_AT,
    ],
};
