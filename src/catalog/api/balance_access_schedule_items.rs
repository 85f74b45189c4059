//! When how much of a commit or credit may be used: the segments that ledgers and lines name.

use super::{balances, column};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "balance_access_schedule_items",
    doc: "A segment of a commit or credit: an amount that may be used from one instant until another.",
    origin: Origin::Nested { of: &balances::TABLE, rows: "access_schedule.schedule_items" },
    key: &["balance_id", "item_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("balance_id", Kind::Id, "Commit or credit it belongs to; an id of balances.")
            .found(Found::InParent("id")),
        Column::new("item_number", Kind::Integer, "Place in the schedule, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        Column::new("balance_type", Kind::Text, "PREPAID, POSTPAID or CREDIT.").found(Found::InParent("type")),
        Column::new("access_type", Kind::Text, "SPEND, or QUANTITY: then amounts are units and no money.")
            .found(Found::InParent("access_type")),
        Column::new("credit_type_id", Kind::Id, "Credit type the amount is counted in.")
            .found(Found::InParent("access_credit_type_id")),
        Column::new("id", Kind::Id, "Segment id, as ledgers and lines name it.").required(),
        Column::new("amount", Kind::Decimal, "What may be used.").unit(Unit::CreditType).required(),
        Column::new("starting_at", Kind::Timestamp, "From when, inclusive.").required(),
        Column::new("ending_before", Kind::Timestamp, "Until when, exclusive: then the rest expires.").required(),
    ],
};
