//! Answers of the API as they were received.

use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "api_responses",
    doc: "An answer of the API, as it was received.",
    origin: Origin::Answers,
    key: &["_source_file", "_source_row"],
    newest_by: &["received_at"],
    class: Class::Incremental,
    partition: Partition::TextAndDay("endpoint", "received_at"),
    columns: &[
        Column::new("extraction_id", Kind::Id, "The extraction that asked."),
        Column::new("endpoint", Kind::Id, "The endpoint, by the name of its table."),
        Column::new("series", Kind::Text, "What the request asked for besides the endpoint: parent, pass or days."),
        Column::new("page", Kind::Integer, "The page of that series, from 1."),
        Column::new("method", Kind::Text, "GET or POST."),
        Column::new("path", Kind::Text, "Path and query, without the host."),
        Column::new("request_body", Kind::Json, "What was sent in the body; null for a GET."),
        Column::new("status", Kind::Integer, "HTTP status."),
        Column::new("received_at", Kind::Timestamp, "When the answer was complete, UTC."),
        Column::new("sha256", Kind::Text, "SHA-256 of the body, hexadecimal."),
        Column::new("body", Kind::Text, "The body, byte for byte."),
    ],
};
