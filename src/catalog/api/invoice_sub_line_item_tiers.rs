//! Pricing model before contracts: the tiers that a charge's quantity fell into.

use super::invoice_sub_line_items;
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "invoice_sub_line_item_tiers",
    doc: "A price tier of a charge within an invoice line of the older pricing model.",
    origin: Origin::Nested { of: &invoice_sub_line_items::TABLE, rows: "tiers" },
    key: &["invoice_id", "line_number", "sub_line_number", "tier_number"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "invoice_status", value: "DRAFT" },
    partition: Partition::Month("invoice_issued_at"),
    columns: &[
        Column::new("invoice_id", Kind::Id, "Invoice it is on.").found(Found::InParent("invoice_id")),
        Column::new("line_number", Kind::Integer, "Line of that invoice.").found(Found::InParent("line_number")),
        Column::new("sub_line_number", Kind::Integer, "Charge within that line.")
            .found(Found::InParent("sub_line_number")),
        Column::new("tier_number", Kind::Integer, "Place among the tiers, from 0.").found(Found::Ordinal),
        Column::new("invoice_status", Kind::Text, "DRAFT, FINALIZED or VOID.").found(Found::InParent("invoice_status")),
        Column::new("invoice_issued_at", Kind::Timestamp, "When the invoice was or will be issued.")
            .found(Found::InParent("invoice_issued_at")),
        Column::new("credit_type_id", Kind::Id, "Credit type of the line.").found(Found::InParent("credit_type_id")),
        Column::new("starting_at", Kind::Decimal, "Units at which the tier begins.").unit(Unit::Quantity),
        Column::new("quantity", Kind::Decimal, "Units that fell into it.").unit(Unit::Quantity),
        Column::new("price", Kind::Decimal, "Price of one unit.").unit(Unit::CreditType),
        Column::new("subtotal", Kind::Decimal, "Amount of the tier, before credits.").unit(Unit::CreditType).required(),
    ],
};
