//! Pricing model before contracts: what a line is made of.

use super::invoice_line_items;
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "invoice_sub_line_items",
    doc: "A charge within an invoice line of the older pricing model.",
    origin: Origin::Nested { of: &invoice_line_items::TABLE, rows: "sub_line_items" },
    key: &["invoice_id", "line_number", "sub_line_number"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "invoice_status", value: "DRAFT" },
    partition: Partition::Month("invoice_issued_at"),
    columns: &[
        Column::new("invoice_id", Kind::Id, "Invoice it is on.").found(Found::InParent("invoice_id")),
        Column::new("line_number", Kind::Integer, "Line of that invoice.").found(Found::InParent("line_number")),
        Column::new("sub_line_number", Kind::Integer, "Place in the line, from 0.").found(Found::Ordinal),
        Column::new("customer_id", Kind::Id, "Customer billed.").found(Found::InParent("customer_id")),
        Column::new("invoice_status", Kind::Text, "DRAFT, FINALIZED or VOID.").found(Found::InParent("invoice_status")),
        Column::new("invoice_issued_at", Kind::Timestamp, "When the invoice was or will be issued.")
            .found(Found::InParent("invoice_issued_at")),
        Column::new("credit_type_id", Kind::Id, "Credit type of the line.").found(Found::InParent("credit_type_id")),
        Column::new("name", Kind::Text, "Text shown on the invoice."),
        Column::new("quantity", Kind::Decimal, "Units billed.").unit(Unit::Quantity),
        Column::new("subtotal", Kind::Decimal, "Before credits, in the line's credit type.")
            .unit(Unit::CreditType)
            .required(),
        Column::new("price", Kind::Decimal, "Price of one unit; null where tiered.").unit(Unit::CreditType),
        Column::new("charge_id", Kind::Id, "Charge billed; an id of plan_charges."),
        Column::new("credit_grant_id", Kind::Id, "Credit grant concerned; an id of credit_grants."),
        Column::new("start_date", Kind::Timestamp, "Start of the charge; seats only."),
        Column::new("end_date", Kind::Timestamp, "End of the charge; seats only."),
        Column::new("tier_period_starting_at", Kind::Timestamp, "When the count of the tiers began.")
            .at("tier_period.starting_at"),
        Column::new("tier_period_ending_before", Kind::Timestamp, "When it begins anew.")
            .at("tier_period.ending_before"),
        Column::new("custom_fields", Kind::Object, "Custom fields of the charge, name to value."),
    ],
};
