//! How usage events become the quantities that are billed.

use super::column;
use crate::catalog::endpoint::{Endpoint, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "billable_metrics",
    path: "/v1/billable-metrics",
    parameters: &[("include_archived", Value::Flag(true))],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "billable_metrics",
    doc: "A billable metric, archived or not: how usage events are added up to a quantity.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        column::NAME.required(),
        Column::new("event_type_filter_in_values", Kind::Json, "Event types that count, an array.")
            .at("event_type_filter.in_values"),
        Column::new("event_type_filter_not_in_values", Kind::Json, "Event types that do not count, an array.")
            .at("event_type_filter.not_in_values"),
        Column::new("property_filters", Kind::Json, "What properties an event must have to count, an array."),
        Column::new("aggregation_type", Kind::Text, "COUNT, LATEST, MAX, SUM or UNIQUE, in either letter case."),
        Column::new("aggregation_key", Kind::Text, "Event property that is added up; null for a count."),
        Column::new("group_keys", Kind::Json, "Event properties results are split by, an array of arrays."),
        column::CUSTOM_FIELDS,
        Column::new("sql", Kind::Text, "The query, of a metric that is one."),
        column::ARCHIVED_AT,
    ],
};
