//! Finalized invoices by day of usage. Late events may change a day after the invoice itself is frozen.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "breakdowns_invoices",
    doc: "One day of a finalized invoice.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: COLUMNS,
};

/// Those of `breakdowns_draft_invoices` too.
pub(super) const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Id, "Breakdown id, not the invoice's."),
    column::ENVIRONMENT_TYPE,
    Column::new("snapshot_timestamp", Kind::Timestamp, "Start of the snapshot the row was computed in."),
    Column::new("invoice_id", Kind::Id, "Invoice that is broken down."),
    Column::new("customer_id", Kind::Id, "Customer billed."),
    Column::new("transfer_id", Kind::Id, "Transfer that wrote the row."),
    column::CREDIT_TYPE_ID,
    Column::new("net_payment_term_days", Kind::Integer, "Days from issue until payment is due.").unit(Unit::Days),
    column::CREDIT_TYPE_NAME,
    Column::new("subtotal", Kind::Decimal, "Before credits; null under contracts.").unit(Unit::CreditType),
    Column::new("total", Kind::Decimal, "Amount of the window after credits.").unit(Unit::CreditType),
    Column::new("type", Kind::Text, "Type of the invoice."),
    Column::new("external_invoice", Kind::Object, "The invoice at the billing provider, as an object."),
    column::PLAN_ID,
    Column::new("contract_id", Kind::Id, "Contract billed under."),
    Column::new("amendment_id", Kind::Id, "Amendment billed under, where there is one."),
    column::CUSTOM_FIELDS,
    Column::new("billable_status", Kind::Text, "Whether the invoice is to be billed."),
    Column::new("window_size", Kind::Text, "Length of the window, normally DAILY."),
    column::METADATA,
    Column::new("issued_at", Kind::Timestamp, "When the invoice was issued."),
    Column::new("invoice_start_timestamp", Kind::Timestamp, "Start of the invoice's usage period, inclusive."),
    Column::new("invoice_end_timestamp", Kind::Timestamp, "End of the invoice's usage period, exclusive."),
    Column::new("breakdown_start_timestamp", Kind::Timestamp, "Start of the window, inclusive."),
    Column::new("breakdown_end_timestamp", Kind::Timestamp, "End of the window, exclusive."),
    column::UPDATED_AT,
];
