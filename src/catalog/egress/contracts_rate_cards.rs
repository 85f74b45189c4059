//! List prices: the card; its rates are in `contracts_rate_card_entries`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_rate_cards",
    doc: "A rate card as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Rate card id."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        Column::new("credit_type_conversions", Kind::Json, "Price of custom units in money; shape not documented."),
        column::METADATA,
        Column::new("aliases", Kind::Json, "Other names it is found by, over time; the shape is not documented."),
        Column::new("fiat_credit_type_id", Kind::Id, "Currency that usage on the card is invoiced in."),
        Column::new("fiat_credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents)."),
        column::DESCRIPTION,
        Column::new("name", Kind::Text, "Name of the rate card."),
        column::CREATED_BY,
        column::CREATED_AT,
        column::UPDATED_AT,
        column::ARCHIVED_AT,
    ],
};
