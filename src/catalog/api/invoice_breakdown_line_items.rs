//! Lines of invoices day by day.

use super::{column, invoice_breakdowns, invoice_line_items};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "invoice_breakdown_line_items",
    doc: "One day of a line of an invoice: quantity and total are the day's.",
    origin: Origin::Nested { of: &invoice_breakdowns::TABLE, rows: "line_items" },
    key: &["invoice_id", "breakdown_start_timestamp", "line_number"],
    newest_by: &["_transferred_at"],
    class: Class::Days { column: "breakdown_start_timestamp" },
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: &column::joined::<{ OF_BREAKDOWN.len() + invoice_line_items::COLUMNS.len() }>(
        OF_BREAKDOWN,
        invoice_line_items::COLUMNS,
    ),
};

const OF_BREAKDOWN: &[Column] = &[
    Column::new("invoice_id", Kind::Id, "Invoice it is on.").found(Found::InParent("id")),
    Column::new("breakdown_start_timestamp", Kind::Timestamp, "Start of the day, inclusive.")
        .found(Found::InParent("breakdown_start_timestamp")),
    Column::new("line_number", Kind::Integer, "Place in the day, from 0; not the line's place in the invoice.")
        .found(Found::Ordinal),
    Column::new("breakdown_end_timestamp", Kind::Timestamp, "End of the day, exclusive.")
        .found(Found::InParent("breakdown_end_timestamp")),
    Column::new("customer_id", Kind::Id, "Customer billed.").found(Found::InParent("customer_id")),
    Column::new("invoice_status", Kind::Text, "DRAFT or FINALIZED; void invoices are not broken down.")
        .found(Found::InParent("status")),
    Column::new("sub_line_items", Kind::Json, "Charges within the line, an array; older pricing model."),
];
