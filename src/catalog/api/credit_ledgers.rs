//! Pricing model before contracts: a customer's credit in one credit type.

use super::{column, credit_ledger_customers};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "credit_ledgers",
    doc: "A customer's credit ledger in one credit type, of the older pricing model.",
    origin: Origin::Nested { of: &credit_ledger_customers::TABLE, rows: "ledgers" },
    key: &["customer_id", "ledger_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::PARENT_CUSTOMER_ID,
        Column::new("ledger_number", Kind::Integer, "Place among the customer's ledgers, from 0.")
            .found(Found::Ordinal),
        column::CREDIT_TYPE_ID.required(),
        column::CREDIT_TYPE_NAME.required(),
        Column::new("starting_balance_excluding_pending", Kind::Decimal, "At the start, drafts not counted.")
            .at("starting_balance.excluding_pending")
            .unit(Unit::CreditType),
        Column::new("starting_balance_including_pending", Kind::Decimal, "At the start, drafts counted.")
            .at("starting_balance.including_pending")
            .unit(Unit::CreditType),
        Column::new("starting_balance_effective_at", Kind::Timestamp, "When the start was.")
            .at("starting_balance.effective_at"),
        Column::new("ending_balance_excluding_pending", Kind::Decimal, "At the end, drafts not counted.")
            .at("ending_balance.excluding_pending")
            .unit(Unit::CreditType),
        Column::new("ending_balance_including_pending", Kind::Decimal, "At the end, drafts counted.")
            .at("ending_balance.including_pending")
            .unit(Unit::CreditType),
        Column::new("ending_balance_effective_at", Kind::Timestamp, "When the end was.")
            .at("ending_balance.effective_at"),
    ],
};
