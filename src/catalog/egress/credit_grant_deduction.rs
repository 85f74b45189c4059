//! Pricing model before contracts: what was drawn from a grant.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "credit_grant_deduction",
    doc: "A deduction from a credit grant of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Deduction id."),
        Column::new("credit_grant_id", Kind::Id, "Grant drawn from."),
        Column::new("amount", Kind::Decimal, "Drawn, in the credit type granted.").unit(Unit::CreditType),
        Column::new("memo", Kind::Text, "Why it was drawn."),
        Column::new("invoice_id", Kind::Id, "Invoice it paid on, if any."),
        Column::new("effective_at", Kind::Timestamp, "When it counts."),
        column::UPDATED_AT,
    ],
};
