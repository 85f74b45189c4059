//! Pricing model before contracts: what a line is made of. It names no environment; its line's invoice does.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "sub_line_item",
    doc: "A charge within an invoice line of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Sub line id."),
        Column::new("line_item_id", Kind::Id, "Line it is part of; credit type and invoice are found there."),
        Column::new("name", Kind::Text, "Text shown on the invoice."),
        Column::new("quantity", Kind::Decimal, "Units billed.").unit(Unit::Quantity),
        Column::new("subtotal", Kind::Decimal, "Before credits, in the line's credit type.").unit(Unit::CreditType),
        Column::new("charge_id", Kind::Id, "Charge billed, as plan_charge has it."),
        column::BILLABLE_METRIC_ID,
        column::BILLABLE_METRIC_NAME,
        Column::new("tiers", Kind::Json, "Tiers the quantity fell into, as an array."),
        column::UPDATED_AT,
    ],
};
