//! What finance's own books say, delivered beside the export: schema `books`.

use super::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "figures",
    doc: "A figure of the books that finance keeps: what an account comes to in a month, or what a report should say of it.",
    origin: Origin::Books,
    key: &["month", "account", "currency"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("month", Kind::Text, "The month: `2024-03`, or its first day."),
        Column::new(
            "account",
            Kind::Text,
            "An account as `[accounts]` calls it, or `report.column`; ` @ ` and an id behind it: of that customer or contract.",
        ),
        Column::new("currency", Kind::Text, "Currency of the amount, as reports name it."),
        Column::new("amount", Kind::Decimal, "The figure; of an account as it grows: a revenue of 5 is 5 and not -5.")
            .unit(Unit::Currency),
        Column::new("updated_at", Kind::Timestamp, "When that was written down; the newest row of a figure counts."),
    ],
};
