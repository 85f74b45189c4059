//! What would be billed so far: one frame a day. Subtract those already in `invoice` before adding the two.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "draft_invoice",
    doc: "A draft invoice as it stood at one daily snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_time"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_time" },
    partition: Partition::Flat,
    columns: &[
        column::METADATA_ID,
        Column::new("id", Kind::Id, "Invoice id; the same in every snapshot and once finalized."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_TIME,
        Column::new("status", Kind::Text, "DRAFT, or DRAFT_INCOMPLETE: not computed, so without total or lines."),
        Column::new("total", Kind::Decimal, "Amount so far; null is not computed, not zero.").unit(Unit::CreditType),
        column::CREDIT_TYPE_ID,
        column::CREDIT_TYPE_NAME,
        Column::new("customer_id", Kind::Id, "Customer to be billed."),
        column::PLAN_ID,
        column::PLAN_NAME,
        Column::new("contract_id", Kind::Id, "Contract to be billed under."),
        Column::new("billable_status", Kind::Text, "BILLABLE or UNBILLABLE."),
        Column::new("billing_provider_invoice_id", Kind::Id, "Its id at the billing provider, if any yet."),
        Column::new("billing_provider_invoice_created_at", Kind::Timestamp, "When it was created at the provider."),
        Column::new("label", Kind::Text, "Category of the invoice, as invoice_label of invoice."),
        Column::new("start_timestamp", Kind::Timestamp, "Start of the usage period, inclusive."),
        Column::new("end_timestamp", Kind::Timestamp, "End of the usage period, exclusive; mostly in the future."),
        Column::new("updated_at", Kind::Timestamp, "When the draft was computed."),
    ],
};
