//! How usage events become the quantities that are billed.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "billable_metric",
    doc: "A billable metric: how usage events are added up to a quantity.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Metric id."),
        column::ENVIRONMENT_TYPE,
        Column::new("aggregate", Kind::Text, "How events are combined, e.g. sum."),
        Column::new("aggregate_keys", Kind::Json, "Event properties that are combined, as an array."),
        Column::new("group_keys", Kind::Json, "Event properties results are split by, as an array."),
        Column::new("name", Kind::Text, "Name of the metric."),
        column::CREATED_AT,
        column::ARCHIVED_AT,
        column::UPDATED_AT,
    ],
};
