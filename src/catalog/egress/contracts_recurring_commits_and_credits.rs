//! The definitions that make a commit or credit each period; what they made is in `contracts_balances`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_recurring_commits_and_credits",
    doc: "The definition of a recurring commit or credit as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the definition."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        column::CUSTOMER_ID,
        Column::new("type", Kind::Text, "Which of the two: commit or credit."),
        Column::new("name", Kind::Text, "Name given to what it creates."),
        column::PRIORITY,
        column::DESCRIPTION,
        Column::new("product_id", Kind::Id, "Product the commits are invoiced under."),
        Column::new("access_amount", Kind::Json, "Unit price, quantity and credit type that may be used each time."),
        Column::new("invoice_amount", Kind::Json, "The same for what is invoiced each time; absent for credits."),
        column::ROLLOVER_FRACTION,
        column::RATE_TYPE,
        column::APPLICABLE_PRODUCT_IDS,
        column::APPLICABLE_PRODUCT_TAGS,
        column::SPECIFIERS,
        Column::new("commit_duration", Kind::Json, "How many periods each may be used for, as unit and value."),
        Column::new("proration", Kind::Text, "Which periods are prorated: NONE, FIRST, LAST or FIRST_AND_LAST."),
        Column::new("proration_rounding", Kind::Json, "How prorated amounts are rounded, access and invoice apart."),
        Column::new("recurrence_frequency", Kind::Text, "MONTHLY, QUARTERLY, ANNUAL or null."),
        column::METADATA,
        Column::new("subscription_config", Kind::Json, "The subscription whose seats set the quantity, as an object."),
        column::STARTING_AT,
        column::ENDING_BEFORE,
        column::UPDATED_AT,
    ],
};
