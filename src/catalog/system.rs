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
    Column::new("_source_row", Kind::Integer, "Its place in that file: the first row behind the header is 1."),
    Column::new(
        "_transferred_at",
        Kind::Timestamp,
        "When the file was transferred, UTC, read from its name; null where the name does not say.",
    ),
    Column::new("_run_id", Kind::Text, "The run that brought it into the lake."),
];
