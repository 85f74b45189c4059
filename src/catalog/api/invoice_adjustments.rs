//! Pricing model before contracts: what changes an invoice's total besides its lines, above all credit.

use super::{column, invoices};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "invoice_adjustments",
    doc: "An amount on an invoice of the older pricing model that is no line, such as credit used.",
    origin: Origin::Nested { of: &invoices::TABLE, rows: "invoice_adjustments" },
    key: &["invoice_id", "adjustment_number"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "invoice_status", value: "DRAFT" },
    partition: Partition::Month("invoice_issued_at"),
    columns: &[
        Column::new("invoice_id", Kind::Id, "Invoice it is on.").found(Found::InParent("id")),
        Column::new("adjustment_number", Kind::Integer, "Place in the invoice, from 0.").found(Found::Ordinal),
        Column::new("customer_id", Kind::Id, "Customer billed.").found(Found::InParent("customer_id")),
        Column::new("invoice_status", Kind::Text, "DRAFT, FINALIZED or VOID.").found(Found::InParent("status")),
        Column::new("invoice_issued_at", Kind::Timestamp, "When the invoice was or will be issued.")
            .found(Found::InParent("issued_at")),
        Column::new("name", Kind::Text, "Text shown on the invoice."),
        Column::new("total", Kind::Decimal, "Amount in the credit type beside it; negative where credit pays.")
            .unit(Unit::CreditType)
            .required(),
        column::CREDIT_TYPE_ID.required(),
        column::CREDIT_TYPE_NAME.required(),
        Column::new("credit_grant_id", Kind::Id, "Credit grant that pays; an id of credit_grants."),
        Column::new("credit_grant_custom_fields", Kind::Object, "Custom fields of that grant, name to value."),
    ],
};
