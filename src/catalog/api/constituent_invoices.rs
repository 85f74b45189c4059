//! Which invoices a consolidated one repeats: adding both counts twice.

use super::invoices;
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "constituent_invoices",
    doc: "An invoice whose lines a consolidated invoice repeats.",
    origin: Origin::Nested { of: &invoices::TABLE, rows: "constituent_invoices" },
    key: &["consolidated_invoice_id", "constituent_number"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "invoice_status", value: "DRAFT" },
    partition: Partition::Month("invoice_issued_at"),
    columns: &[
        Column::new("consolidated_invoice_id", Kind::Id, "Invoice that repeats it.").found(Found::InParent("id")),
        Column::new("constituent_number", Kind::Integer, "Place in that invoice, from 0.").found(Found::Ordinal),
        Column::new("invoice_status", Kind::Text, "DRAFT, FINALIZED or VOID, of the consolidated invoice.")
            .found(Found::InParent("status")),
        Column::new("invoice_issued_at", Kind::Timestamp, "When the consolidated invoice was or will be issued.")
            .found(Found::InParent("issued_at")),
        Column::new("invoice_id", Kind::Id, "Invoice that is repeated.").required(),
        Column::new("customer_id", Kind::Id, "Customer of that invoice."),
        Column::new("contract_id", Kind::Id, "Contract of that invoice."),
    ],
};
