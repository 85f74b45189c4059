//! What alerts did. Rows are written once, so only `created_at` tells versions apart.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "customer_alert_history",
    doc: "A change of an alert's status for one customer.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["created_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the change."),
        column::ENVIRONMENT_TYPE,
        Column::new("customer_id", Kind::Id, "Customer concerned; the vendor calls it a name: check joins."),
        Column::new("alert_id", Kind::Id, "Alert whose status changed."),
        Column::new("alert_status", Kind::Text, "Status it changed to."),
        Column::new("additional_data", Kind::Object, "Details of the change, as an object."),
        Column::new("created_at", Kind::Timestamp, "When it changed; the table has no updated_at."),
    ],
};
