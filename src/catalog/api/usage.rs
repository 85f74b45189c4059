//! What customers used, by metric and day. Not what they are billed for: conversion, rounding and pricing come later.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Paging, Read, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint = Endpoint {
    name: "usage",
    method: Method::Post,
    path: "/v1/usage",
    parameters: &[("window_size", Value::Text("DAY"))],
    paging: Paging::Query { limit: None },
    read: Read::Days { from: "starting_on", until: "ending_before", step: 1 },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "usage",
    doc: "What a customer used on a UTC day, by one billable metric.",
    origin: Origin::Api(&ENDPOINT),
    key: &["customer_id", "billable_metric_id", "start_timestamp"],
    newest_by: &["_transferred_at"],
    class: Class::Days { column: "start_timestamp" },
    partition: Partition::Month("start_timestamp"),
    columns: &[
        column::CUSTOMER_ID,
        Column::new("billable_metric_id", Kind::Id, "Metric; an id of billable_metrics.").required(),
        Column::new("billable_metric_name", Kind::Text, "Name of that metric."),
        Column::new("start_timestamp", Kind::Timestamp, "Start of the day, inclusive.").required(),
        Column::new("end_timestamp", Kind::Timestamp, "End of the day, exclusive."),
        Column::new("value", Kind::Decimal, "Units used; null where no event counted, which is not 0.")
            .unit(Unit::Quantity),
        Column::new("groups", Kind::Json, "The same by group, where asked for: an object of numbers."),
    ],
};
