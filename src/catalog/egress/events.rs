//! Raw usage, matched to a customer or not: by far the largest table.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "events",
    doc: "A usage event as received, once per transaction id, matched to a customer or not.",
    origin: Origin::Egress,
    key: &["transaction_id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Month("timestamp"),
    columns: &[
        Column::new("transaction_id", Kind::SentId, "Id the sender chose; a repeat is the same event."),
        column::ENVIRONMENT_TYPE,
        Column::new("customer_id", Kind::SentId, "As sent: a customer id or an ingest alias, perhaps nobody's."),
        Column::new("timestamp", Kind::Timestamp, "When the usage happened, not when it was received."),
        Column::new("event_type", Kind::Text, "Kind of event, in the sender's words."),
        Column::new("properties", Kind::Object, "What happened, as an object in the sender's words."),
        column::METADATA_ID,
        column::UPDATED_AT,
    ],
};
