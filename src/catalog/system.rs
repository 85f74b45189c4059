//! The columns that the lake adds to every row: where it came from.

use super::{Column, Kind};

/// Lineage, behind the vendor's columns of every table.
pub const SYSTEM_COLUMNS: &[Column] = &[
    Column::new(
        "_extra",
        Kind::Json,
        "Columns the catalog does not know, as a JSON object of texts; null where there are none.",
    ),
    Column::new("_source_file", Kind::Text, "The file the row came in, relative to the landing folder."),
    Column::new(
        "_source_row",
        Kind::Integer,
        "Its place in that file: the first row behind the header, or the first answer in a journal, is 1.",
    ),
    Column::new(
        "_transferred_at",
        Kind::Timestamp,
        "When it came, UTC: the transfer that a file's name tells, if it does, or the receipt of an answer.",
    ),
    Column::new("_run_id", Kind::Text, "The run that brought it into the lake."),
];

/// Lineage of rows from answers of the API, behind [`SYSTEM_COLUMNS`].
pub const ANSWER_COLUMNS: &[Column] = &[
    Column::new("_source_pointer", Kind::Text, "Where in the answer the row stands, a JSON pointer."),
    Column::new(
        "_fingerprint",
        Kind::Integer,
        "64 bits of the XXH3 of the listed row's text and request: equal where nothing in it changed.",
    ),
];
