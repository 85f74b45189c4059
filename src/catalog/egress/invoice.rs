//! What was billed. Drafts are in `draft_invoice`; an invoice finalized since the last snapshot is in both.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "invoice",
    doc: "An invoice that was finalized, and perhaps voided since.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Month("start_timestamp"),
    columns: &[
        Column::new("id", Kind::Id, "Invoice id; an invoice issued again has a new one."),
        column::ENVIRONMENT_TYPE,
        Column::new("status", Kind::Text, "FINALIZED or VOID; one invoice may move from the first to the second."),
        Column::new("total", Kind::Decimal, "After credits; fractions of a cent occur.").unit(Unit::CreditType),
        column::CREDIT_TYPE_ID,
        column::CREDIT_TYPE_NAME,
        Column::new("customer_id", Kind::Id, "Customer billed."),
        column::PLAN_ID,
        column::PLAN_NAME,
        Column::new("contract_id", Kind::Id, "Contract billed under."),
        Column::new("billing_provider_invoice_id", Kind::Id, "Its id at the billing provider, once sent there."),
        Column::new("billing_provider_type", Kind::Text, "Provider it was sent to."),
        Column::new("billing_provider_invoice_created_at", Kind::Timestamp, "When it was created at the provider."),
        Column::new("billing_provider_invoice_external_status", Kind::Text, "Its status there; goes on changing."),
        Column::new("invoice_label", Kind::Text, "Category of the invoice; the values are not documented."),
        column::METADATA,
        Column::new("start_timestamp", Kind::Timestamp, "Start of the usage period, inclusive."),
        Column::new("end_timestamp", Kind::Timestamp, "End of the usage period, exclusive."),
        Column::new("issued_at", Kind::Timestamp, "When it was issued; not the date of the service."),
        column::UPDATED_AT,
    ],
};
