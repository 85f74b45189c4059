//! Usage invoices day by day. Late events change the days of an invoice that is final, so a sum may exceed its total.

use super::{column, invoices};
use crate::catalog::endpoint::{Endpoint, PER_CUSTOMER, Read, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

/// An answer covers 35 days at most.
const ENDPOINT: Endpoint = Endpoint {
    name: "invoice_breakdowns",
    path: "/v1/customers/{customer_id}/invoices/breakdowns",
    per: PER_CUSTOMER,
    parameters: &[("window_size", Value::Text("DAY")), ("sort", Value::Text("date_asc"))],
    read: Read::Days { from: "starting_on", until: "ending_before", step: 35 },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "invoice_breakdowns",
    doc: "One day of an invoice: the columns say what the invoice is, totals and lines are the day's.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id", "breakdown_start_timestamp"],
    newest_by: &["_transferred_at"],
    class: Class::Days { column: "breakdown_start_timestamp" },
    partition: Partition::Month("breakdown_start_timestamp"),
    columns: &column::joined::<{ invoices::COLUMNS.len() + OF_BREAKDOWN.len() }>(invoices::COLUMNS, OF_BREAKDOWN),
};

const OF_BREAKDOWN: &[Column] = &[
    Column::new("breakdown_start_timestamp", Kind::Timestamp, "Start of the day, inclusive.").required(),
    Column::new("breakdown_end_timestamp", Kind::Timestamp, "End of the day, exclusive.").required(),
    Column::new("invoice_adjustments", Kind::Json, "Amounts that are no line, an array; older pricing model."),
    Column::new("constituent_invoices", Kind::Json, "Invoices whose lines a consolidated one repeats, an array."),
];
